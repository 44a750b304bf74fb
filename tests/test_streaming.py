"""Volumes drawn while the network trains: one seed, one stream, no volume twice, whatever the workers."""

from dataclasses import replace
from functools import partial
from itertools import islice

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from labelct.cohort.base import Subject
from labelct.errors import SettingError
from labelct.scanner.settings import CoarseSettings, DoseSettings, ReconSettings, ScannerSettings
from labelct.synthesis.settings import DataSettings, DeformSettings, DropSettings, FillSettings, TextureSettings
from labelct.tracking import Tracker
from labelct.trainer.normalisation import BUILTIN
from labelct.trainer.online import FILE, LANES, OnlinePatches, SyntheticDataset, SyntheticVolumes, read_shared, shared
from labelct.trainer.settings import DeviceSettings, UNetSettings
from labelct.trainer.unet import fit
from labelct.volume import LabelMap

NAMES = {1: "liver", 2: "spleen"}


def label_map(low):
    labels = np.zeros((20, 18, 16), np.uint8)
    labels[low : low + 6, 4:12, 4:12] = 1
    labels[13:17, 5:9, 5:9] = 2
    return LabelMap(labels, np.diag([5.0, 5.0, 5.0, 1.0]), NAMES)


@pytest.fixture
def volumes():
    subjects = tuple(Subject(f"s{low}", partial(label_map, low), None, ()) for low in (2, 4, 6))
    data = DataSettings(kind="synth3", mode="online", patches=4, deform=DeformSettings(rotation_deg=10))
    texture, drop = TextureSettings(kind="white"), DropSettings(0.0)
    scanner, dose = ScannerSettings(kind="image"), DoseSettings(mas=165)
    return SyntheticVolumes(subjects, {"liver": ["liver"]}, data, FillSettings(), texture, drop, scanner, dose)


def stream(volumes, workers, length=8, start=0):
    loader = DataLoader(SyntheticDataset(volumes, start), batch_size=None, num_workers=workers)
    return [(image.clone(), labels.clone()) for image, labels in islice(loader, length)]


def test_one_seed_is_one_stream_with_any_number_of_workers(volumes):
    alone, shared = stream(volumes, 0), stream(volumes, 2)
    assert all(torch.equal(a, b) and torch.equal(s, t) for (a, s), (b, t) in zip(alone, shared, strict=True))
    assert torch.equal(stream(volumes, 0, 1, start=5)[0][0], alone[5][0])
    other = replace(volumes, data=replace(volumes.data, seed=1), _maps={})
    assert not torch.equal(stream(other, 0, 1)[0][0], alone[0][0])


def test_no_volume_comes_twice_and_every_case_has_its_turn(volumes):
    drawn = [volumes.volume(number) for number in range(12)]
    assert len({one.hu.tobytes() for one in drawn}) == 12
    for turn in range(4):
        assert {one.case for one in drawn[3 * turn : 3 * turn + 3]} == {"s2", "s4", "s6"}
    assert len({tuple(one.case for one in drawn[3 * turn : 3 * turn + 3]) for turn in range(4)}) > 1


def test_the_noise_is_that_of_the_image(volumes):
    noisy = volumes.volume(0)
    clean = replace(volumes, scanner=ScannerSettings(kind="none"), _maps={}).volume(0)
    assert np.array_equal(noisy.target, clean.target)
    assert 3 < (noisy.hu - clean.hu)[clean.hu > -500].std() < 30


def test_the_noise_of_a_helical_scan_alone_is_drawn_for_each_volume(volumes):
    recon, coarse = ReconSettings(), CoarseSettings(voxel=10.0, views=60, channels=64, rows=8)
    fan = {"channels": 96, "channel_pitch": 0.35 / 96, "rows": 16, "row_width": 3.0, "views": 120}
    scanner = ScannerSettings(kind="helical", mode="noise_only", recon=recon, coarse=coarse, **fan)
    noisy = replace(volumes, scanner=scanner, dose=DoseSettings(mas=None, photons=2e4), _maps={})
    clean = replace(volumes, scanner=ScannerSettings(kind="none"), _maps={})
    noise = [noisy.volume(number).hu - clean.volume(number).hu for number in range(2)]
    assert all(1 < each.std() < 100 for each in noise)
    assert not np.allclose(*noise, atol=1)
    np.testing.assert_array_equal(replace(noisy, _maps={}).volume(1).hu - clean.volume(1).hu, noise[1])


def test_another_process_finds_what_is_drawn_from(volumes, tmp_path):
    with shared(volumes, tmp_path) as name:
        found = read_shared(tmp_path, name)
        assert found is not None
        found.load()
        np.testing.assert_array_equal(found.volume(3).hu, volumes.volume(3).hu)
    assert not list(tmp_path.iterdir())
    with shared(None, tmp_path) as name:
        assert read_shared(tmp_path, name) is None


def patches(volumes, start=0, rank=0, ranks=1):
    settings = UNetSettings(channels=[4, 8, 16], patch=[16, 16, 16], batch=2, steps=40)
    return OnlinePatches(
        volumes, settings, BUILTIN["soft_tissue"], (5.0, 5.0, 5.0), {"liver": 1}, 7, start, rank, ranks
    )


def test_patches_come_from_fresh_volumes_and_resume(volumes):
    dataset = patches(volumes)
    numbers = [dataset.number(step) for step in range(6 * LANES)]
    assert all(numbers.count(number) * 2 == 4 for number in set(numbers))
    assert numbers[: 2 * LANES] == [*range(LANES), *range(LANES)]
    image, labels = dataset[19]
    assert image.shape == labels.shape == (2, 1, 16, 16, 16)
    resumed, _ = patches(volumes, start=15)[4]
    assert torch.equal(image, resumed)
    in_workers = list(DataLoader(patches(volumes), batch_size=None, num_workers=2))
    assert torch.equal(in_workers[19][0], image)


def test_processes_that_train_together_share_no_volume(volumes):
    numbers = [[patches(volumes, 0, rank, 2).number(step) for step in range(4 * LANES)] for rank in range(2)]
    assert not set(numbers[0]) & set(numbers[1])
    assert set(numbers[0]) | set(numbers[1]) == set(range(4 * LANES))
    images = [patches(volumes, 0, rank, 2)[3][0] for rank in range(2)]
    assert not torch.equal(*images)
    again = patches(volumes, 0, 1, 2)
    assert torch.equal(again[3][0], images[1])
    assert torch.equal(again[3 + LANES][0], patches(volumes, 3, 1, 2)[LANES][0])
    assert [len(again._held) for step in range(LANES) if again[step]][-1] == LANES


def test_what_cannot_be_drawn_in_time_is_refused(volumes):
    with pytest.raises(SettingError, match="noise_only"):
        replace(volumes, scanner=ScannerSettings(kind="helical"))
    with pytest.raises(SettingError, match="data=clinical"):
        replace(volumes, data=DataSettings(kind="clinical", mode="online"))


@pytest.mark.slow
def test_two_processes_train_one_model_on_new_volumes(volumes, training_set, tiny, tmp_path):
    device = DeviceSettings(kind="ddp", devices=2, accelerator="cpu", threads=1)
    fit(training_set, tiny(steps=4, validate_every=2), device, 0, tmp_path / "model", Tracker(), volumes)
    assert torch.load(tmp_path / "model/last.ckpt", weights_only=True)["global_step"] == 4
    assert not (tmp_path / "model" / FILE).exists()
