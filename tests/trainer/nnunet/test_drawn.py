"""nnU-Net on volumes that are drawn while it trains: preprocessed as stored ones are, none twice, resumable."""

import csv
import json
import multiprocessing
from collections import Counter
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest

from labelct import pipeline
from labelct.dataset import TrainingSet, image_path, label_path, write_index
from labelct.io import nifti
from labelct.parallel import ParallelSettings
from labelct.streaming import FILE, Drawn, SyntheticVolumes
from labelct.trainer.nnunet.compat import DATASET, Preprocessor
from labelct.trainer.nnunet.drawn import BLOCK, DrawnCases, preprocessed
from labelct.trainer.nnunet.plans import plan, read_plans
from labelct.trainer.nnunet.preprocessing import preprocess
from labelct.trainer.nnunet.settings import NnunetSettings

SPACING = (2.3, 1.7, 3.1)


@dataclass
class Numbered:
    """Stands for `SyntheticVolumes`: a volume is its number."""

    patches: int = 3

    def volume(self, number: int) -> int:
        return number


def cases(epoch=0, workers=0, rank=0, ranks=1, patches=3):
    return DrawnCases(Numbered(patches), lambda number: (number, number, {}), workers, epoch, rank, ranks)


def epoch_of(drawn, epoch, patches=12):
    """Return the volumes of the patches of an epoch, its identifiers picked as nnU-Net's loader picks them."""
    drawn.begin(epoch)
    picked = np.random.RandomState(epoch).choice(drawn.identifiers, patches)
    return [drawn.load_case(identifier)[0] for identifier in picked]


def drawn(seed):
    """Return a volume off the plans' grid, with a margin of zeros as nnU-Net crops it."""
    rng = np.random.default_rng(seed)
    hu = rng.normal(60, 400, (18, 25, 14)).astype(np.float32)
    hu[:3] = 0
    target = np.zeros(hu.shape, np.uint8)
    target[5:11, 8:16, 4:10] = 1
    return Drawn(f"case{seed}", hu, target, SPACING)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Return the drawn volumes of the same names as a stored, planned and preprocessed training set, and the plans."""
    root = tmp_path_factory.mktemp("stored")
    for seed in range(2):
        one = drawn(seed)
        nifti.write(image_path(root / "set", one.case), one.hu, np.diag([*SPACING, 1.0]))
        nifti.write(label_path(root / "set", one.case), one.target, np.diag([*SPACING, 1.0]))
    write_index(root / "set", ["liver"], {"train": ["case0"], "val": ["case1"]}, SPACING)
    settings = NnunetSettings(spacing=[2.0, 2.5, 3.0], patch=[16, 16, 16], batch=1)
    (root / "plans").mkdir()
    plan(TrainingSet(root / "set"), settings, root / "plans", [((18, 25, 14), SPACING)])
    preprocess(TrainingSet(root / "set"), root / "plans", "3d_fullres", ParallelSettings(workers=1), root / "ready")
    return root / "ready" / "preprocessed" / DATASET, read_plans(root / "plans")


@pytest.mark.parametrize("turned", [False, True])
def test_a_drawn_volume_is_prepared_as_the_same_one_from_a_file(stored, turned, tmp_path):
    from nnunetv2.training.dataloading.nnunet_dataset import nnUNetDatasetBlosc2

    folder, plans = stored
    dataset = {"labels": {"background": 0, "liver": 1}, "channel_names": {"0": "CT"}, "file_ending": ".nii.gz"}
    if turned:
        plans = {**plans, "transpose_forward": [1, 2, 0], "transpose_backward": [2, 0, 1]}
    preprocessor = Preprocessor.of(plans, "3d_fullres", dataset)
    image, labels, properties = preprocessed(drawn(0), preprocessor)
    if turned:
        raw = folder.parents[2] / "set"
        own = preprocessor.configuration.preprocessor_class(verbose=False)
        files = ([str(image_path(raw, "case0"))], str(label_path(raw, "case0")))
        parts = (preprocessor.plans, preprocessor.configuration, dataset)
        wanted, wanted_labels, wanted_properties = own.run_case(*files, *parts)
    else:
        cases = nnUNetDatasetBlosc2(str(folder / "nnUNetPlans_3d_fullres"), ["case0"])
        wanted, wanted_labels, _, wanted_properties = cases.load_case("case0")
    np.testing.assert_array_equal(image, wanted[:])
    np.testing.assert_array_equal(labels, wanted_labels[:])
    assert image.shape[1:] != drawn(0).hu.shape[::-1]
    locations = wanted_properties["class_locations"]
    assert len(locations[1])
    np.testing.assert_array_equal(properties["class_locations"][1], locations[1])
    assert all(properties[name] == wanted_properties[name] for name in properties if name != "class_locations")


def test_a_volume_gives_its_patches_and_makes_room():
    found = epoch_of(cases(patches=3), 0, patches=400)
    assert max(Counter(found).values()) == 3
    assert len(set(found)) >= 400 / 3
    assert len(set(found[:20])) > 4


def test_two_epochs_draw_different_volumes_and_the_same_seed_the_same():
    one, other = cases(), cases()
    epochs = [epoch_of(one, epoch) for epoch in range(3)]
    assert epochs == [epoch_of(other, epoch) for epoch in range(3)]
    assert len(set.union(*map(set, epochs))) == sum(len(set(numbers)) for numbers in epochs)


def test_a_resumed_training_draws_what_it_would_have_drawn():
    whole, resumed = cases(), cases(epoch=2)
    epochs = [epoch_of(whole, epoch) for epoch in range(4)]
    ahead = resumed.load_case(resumed.identifiers[0])[0]
    assert [epoch_of(resumed, epoch) for epoch in (2, 3)] == epochs[2:]
    assert ahead // BLOCK == 4
    assert {number // BLOCK for number in set.union(*map(set, epochs))} == {1, 3, 5, 7}


def test_what_workers_drew_ahead_of_an_epoch_is_not_drawn_again():
    drawn = cases(epoch=1)
    drawn.begin(1)
    first = drawn.load_case(drawn.identifiers[0])[0]
    drawn.begin(1)
    assert drawn.load_case(drawn.identifiers[0])[0] == first + 1
    assert first // BLOCK == 3


def draw_many(drawn, queue):
    queue.put([drawn._draw()[0] for _ in range(20)])


def test_workers_and_ranks_never_draw_the_same_volume():
    numbers = []
    for rank in range(2):
        drawn, queue = cases(workers=3, rank=rank, ranks=2), multiprocessing.get_context("fork").Queue()
        start = partial(multiprocessing.get_context("fork").Process, target=draw_many, args=(drawn, queue))
        workers = [start() for _ in range(3)]
        for worker in workers:
            worker.start()
        numbers += [number for _ in workers for number in queue.get(timeout=60)]
        for worker in workers:
            worker.join()
    assert sorted(numbers) == list(range(120))


SMOKE = ["trainer=nnunet", "debug=smoke", "data.mode=online", "scanner.mode=noise_only", "data.patches=2"]


def run(configured, outputs, *overrides):
    config = configured(*SMOKE, "parallel.workers=1", f"paths.outputs={outputs}", *overrides)
    (outputs / "job").mkdir(parents=True, exist_ok=True)
    pipeline.run(config, outputs / "job", {})
    return next(outputs.glob("stages/training/*/model.json")).parent


def weights(folder):
    import torch

    path = next(folder.rglob("checkpoint_final.pth"))
    return torch.load(path, map_location="cpu", weights_only=False)["network_weights"]


@pytest.mark.slow
def test_a_killed_training_on_new_volumes_ends_as_an_uninterrupted_one(configured, tmp_path, monkeypatch):
    from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

    numbers, volume, epoch_end = [], SyntheticVolumes.volume, nnUNetTrainer.on_epoch_end
    monkeypatch.setattr(SyntheticVolumes, "volume", lambda self, number: numbers.append(number) or volume(self, number))
    whole, drawn = run(configured, tmp_path / "whole"), list(numbers)
    numbers.clear()

    def killed(trainer):
        epoch_end(trainer)
        if trainer.current_epoch == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(nnUNetTrainer, "on_epoch_end", killed)
    with pytest.raises(KeyboardInterrupt):
        run(configured, tmp_path / "killed")
    monkeypatch.setattr(nnUNetTrainer, "on_epoch_end", epoch_end)
    resumed = run(configured, tmp_path / "killed")
    assert len(set(drawn)) == len(drawn)
    assert [number for number in numbers if number // BLOCK % 2] == [number for number in drawn if number // BLOCK % 2]
    assert {number // BLOCK for number in drawn} == {0, 1, 3}
    for name, value in weights(whole).items():
        np.testing.assert_allclose(weights(resumed)[name], value, atol=1e-4)
    assert not list(tmp_path.rglob(FILE))
    preprocessed = [path.name for path in (tmp_path / "whole").glob("stages/preprocessed/*/preprocessed/*/*/*.pkl")]
    assert len(preprocessed) == 1


@pytest.mark.slow
def test_worker_processes_draw(configured, tmp_path):
    folder = run(configured, tmp_path, "device.workers=1")
    lines = (folder / "log.csv").read_text(encoding="utf-8").splitlines()
    assert [row["epoch"] for row in csv.DictReader(lines)] == ["1", "2"]
    assert json.loads((folder / "job.json").read_text())["volumes"] == FILE
    assert (tmp_path / "job" / "scores.csv").read_text().count("liver") == 1
