"""Items depend on seed, index and epoch alone, whoever makes them, and are what the pipeline draws as it trains."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

import labelct
from labelct.cohort.base import Cohort, Subject, load_label_map
from labelct.errors import LabelctError, SettingError
from labelct.io import nifti
from labelct.stages import priors
from labelct.stages.synthesis import sampler
from labelct.streaming import SyntheticVolumes
from tests.api.cases import NAMES, QUICK, SPACING, label_map

MAPS = [(np.roll(label_map(), shift, 1), SPACING) for shift in range(3)]


@pytest.fixture(scope="module")
def dataset():
    return labelct.SyntheticDataset(MAPS, NAMES, seed=3, **QUICK)


def items(dataset, workers=0, **options):
    loader = DataLoader(dataset, batch_size=None, num_workers=workers, **options)
    return [(image.clone(), target.clone()) for image, target in loader]


def same(some, others):
    pairs = zip(some, others, strict=True)
    return all(torch.equal(a, b) for one, other in pairs for a, b in zip(one, other, strict=True))


def test_an_item_is_an_image_in_hu_and_its_target(dataset):
    image, target = dataset[1]
    assert image.shape == target.shape == (1, 20, 18, 16)
    assert (image.dtype, target.dtype) == (torch.float32, torch.uint8)
    assert image.min() >= -1024
    assert image[target > 0].median() > 0
    assert dataset.target_names == {1: "liver", 2: "spleen"}
    assert set(target.unique().tolist()) == {0, 1, 2}
    assert len(dataset) == len(list(dataset)) == 3


def test_any_number_of_workers_gives_the_same_bits(dataset):
    dataset.set_epoch(1)
    alone = items(dataset)
    assert same(alone, items(dataset, 1))
    assert same(alone, items(dataset, 2))
    assert same(alone, [dataset[-3], dataset[np.int64(1)], dataset[2]])


def test_an_epoch_has_volumes_of_its_own_also_in_workers_that_outlive_it(dataset):
    loader = DataLoader(dataset, batch_size=None, num_workers=1, persistent_workers=True)
    seen = []
    for epoch in (0, 1, 0):
        dataset.set_epoch(epoch)
        seen.append([(image.clone(), target.clone()) for image, target in loader])
    assert same(seen[0], seen[2])
    assert not any(torch.equal(one[0], other[0]) for one, other in zip(seen[0], seen[1], strict=True))
    assert dataset.epoch == 0


def test_a_pickled_copy_goes_on_by_itself(dataset):
    dataset.set_epoch(2)
    copy = pickle.loads(pickle.dumps(dataset))
    dataset.set_epoch(0)
    assert copy.epoch == 2
    dataset.set_epoch(2)
    assert same([copy[1]], [dataset[1]])


def test_seed_and_settings_decide(dataset):
    dataset.set_epoch(0)
    first = dataset[0][0]
    for changes in ({"seed": 4}, {"dose": "ultralow"}, {"scanner": "none"}, {"data": {"phase": "native"}}):
        other = labelct.SyntheticDataset(MAPS, NAMES, **{"seed": 3, **QUICK, **changes})
        assert not torch.equal(other[0][0], first)
    coarse = labelct.SyntheticDataset(MAPS, NAMES, targets=["spleen"], **QUICK, **{"data.spacing": 10.0})
    assert coarse[0][0].shape == (1, 10, 9, 10)
    assert coarse.target_names == {1: "spleen"}


def test_files_give_what_the_pipeline_draws_of_them_as_it_trains(tmp_path, configured):
    files = [tmp_path / f"{name}.nii.gz" for name in ("one", "two")]
    affine = np.diag([-SPACING[0], SPACING[1], SPACING[2], 1.0])
    for file, (array, _) in zip(files, MAPS, strict=False):
        nifti.write(file, array, affine)
    dataset = labelct.SyntheticDataset([str(files[0]), files[1]], NAMES, seed=5, targets=["liver"], **QUICK)
    config = configured("data=synth3", "data.mode=online", "data.seed=5", "texture=white", "scanner=image", "dose=low")
    subjects = tuple(
        Subject(file.name.removesuffix(".nii.gz"), lambda file=file: load_label_map(file, NAMES, None), None, (file,))
        for file in files
    )
    priors.tables(config, Cohort("files", subjects, (), ()), tmp_path).write(tmp_path)
    volumes = SyntheticVolumes(subjects, lambda: sampler(config, tmp_path))
    for number in range(4):
        drawn = volumes.volume(number)
        dataset.set_epoch(number // 2)
        image, target = dataset[["one", "two"].index(drawn.case)]
        assert np.array_equal(image[0], drawn.hu)
        assert np.array_equal(target[0], drawn.target)


def test_what_is_given_stays_as_it_is_and_may_change_later(dataset):
    array = label_map()
    fresh = labelct.SyntheticDataset([(array, SPACING)], NAMES, **QUICK)
    before = fresh[0]
    assert np.array_equal(array, label_map())
    array[:] = 0
    before[0].clone()
    assert same([fresh[0]], [before])
    before[1].fill_(7)
    assert fresh[0][1].max() == 2


def test_a_card_is_not_shared_by_workers(dataset):
    volumes = dataset._volumes
    acquisition = replace(volumes.sampler.acquisition, backend="cuda")
    on_card = pickle.loads(pickle.dumps(dataset))
    on_card._volumes.__dict__["sampler"] = replace(volumes.sampler, acquisition=acquisition)
    with pytest.raises(RuntimeError, match="num_workers=1: allowed is 0"):
        next(iter(DataLoader(on_card, num_workers=1)))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"label_maps": []}, "label_maps: is nothing; give a list of files"),
        ({"label_maps": "folder"}, "label_maps: is a str"),
        ({"label_maps": [label_map()]}, r"its part 0 is a ndarray; give files, or pairs"),
        ({"label_maps": [label_map()], "names": 5.0}, "its part 0 is a ndarray"),  # where synthesize takes a spacing
        ({"label_maps": ["none.nii.gz"]}, r"none\.nii\.gz: does not exist"),
        ({"label_maps": [*MAPS, (label_map()[0], 5.0)]}, r"label_maps\[3\]: its shape is"),
        ({"label_maps": [(label_map(), -5.0)]}, "spacing=-5"),
        ({"names": {1: "liver"}}, "label values without a name: 5"),
        ({"recipe": "clinical"}, "recipe='clinical': allowed is one of synth1, synth2"),
        ({"scanner": "imag"}, "did you mean 'image'"),
        ({"seed": [1, 2]}, "seed="),
        ({"data.mode": "online"}, r"data\.mode='online': allowed is left out"),
        ({"batch_size": 2}, "batch_size=2: allowed is a setting of data"),
    ],
)
def test_ordinary_misuse_is_told_in_one_line(arguments, told):
    with pytest.raises(LabelctError, match=told) as error:
        labelct.SyntheticDataset(**{"label_maps": MAPS, "names": NAMES, **QUICK, **arguments})
    assert "\n" not in str(error.value)


def test_no_item_and_no_epoch_beyond_the_end(dataset):
    for index in (3, -4):
        with pytest.raises(IndexError, match=f"index {index}: allowed is 0 to 2"):
            dataset[index]
    for epoch in (-1, 1.5, None, True):
        with pytest.raises(SettingError, match="epoch="):
            dataset.set_epoch(epoch)
