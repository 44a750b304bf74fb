"""The batches of a U-Net that are cut from volumes drawn while it trains."""

from functools import partial

import pytest
import torch
from torch.utils.data import DataLoader

from labelct.cohort.base import Subject
from labelct.sampler import Sampler
from labelct.scanner.settings import DoseSettings, ScannerSettings
from labelct.streaming import FILE, SyntheticVolumes
from labelct.tracking import Tracker
from labelct.trainer.normalisation import BUILTIN
from labelct.trainer.online import LANES, OnlinePatches
from labelct.trainer.settings import DeviceSettings, UNetSettings
from labelct.trainer.unet import fit
from tests.synthesis.cases import recipe
from tests.test_streaming import label_map


@pytest.fixture
def volumes():
    subjects = tuple(Subject(f"s{low}", partial(label_map, low), None, ()) for low in (2, 4, 6))
    drawn = recipe("synth3", targets={"liver": ["liver"]}, clips="white", mode="online", patches=4)
    return SyntheticVolumes(subjects, Sampler(drawn, ScannerSettings(kind="image"), DoseSettings(mas=165)))


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


@pytest.mark.slow
def test_two_processes_train_one_model_on_new_volumes(volumes, training_set, tiny, tmp_path):
    device = DeviceSettings(kind="ddp", devices=2, accelerator="cpu", threads=1)
    fit(training_set, tiny(steps=4, validate_every=2), device, 0, tmp_path / "model", Tracker(), volumes)
    assert torch.load(tmp_path / "model/last.ckpt", weights_only=True)["global_step"] == 4
    assert not (tmp_path / "model" / FILE).exists()
