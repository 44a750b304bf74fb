"""Where patches are cut, and which validation volumes a process gets."""

from dataclasses import replace
from functools import partial

import pytest
import torch

from labelct.scanner.scan import Acquisition
from labelct.scanner.settings import ScannerSettings
from labelct.streaming import SyntheticVolumes
from labelct.trainer import batches as module
from labelct.trainer.ahead import Ahead
from labelct.trainer.batches import batches, samples_on_device, validation
from labelct.trainer.drawn import OnlinePatches
from labelct.trainer.normalisation import BUILTIN
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.unet.family import UNET
from labelct.trainer.unet.patches import Patches
from labelct.trainer.unet.settings import AugmentationSettings
from labelct.trainer.volumes import LoadedCase
from tests.trainer.conftest import CPU, task

MODEL = {
    "labels": {"liver": 1},
    "spacing": (4.0, 4.0, 4.0),
    "seed": 0,
    "intensity": {"low": -17.0, "high": 201.0, "mean": 99.4, "sd": 39.4},
}


def case(voxels: int) -> LoadedCase:
    return LoadedCase("a", torch.zeros(voxels, 1, 1, dtype=torch.int16), torch.zeros(voxels, 1, 1).byte(), {})


@pytest.mark.parametrize(
    ("device", "free", "expected"),
    [
        (DeviceSettings(kind="gpu"), 900, True),
        (DeviceSettings(kind="gpu"), 899, False),
        (DeviceSettings(kind="gpu", sampling="workers"), 900, False),
        (DeviceSettings(kind="gpu", sampling="device"), 0, True),
        (DeviceSettings(), 900, False),
        (DeviceSettings(sampling="device"), 0, True),
    ],
)
def test_a_training_set_lies_on_the_gpu_where_it_takes_a_third_of_its_memory(
    device, free, expected, tiny, monkeypatch
) -> None:
    monkeypatch.setattr(module, "free_memory", lambda number: free)
    assert samples_on_device(task(tiny(), device=device), [case(40), case(60)]) is expected


@pytest.mark.parametrize(
    ("scanner", "backend", "workers", "expected"),
    [
        ("image", "numba", 4, True),
        ("helical", "numba", 4, False),
        ("helical", "numba", 0, True),
        ("helical", "cuda", 4, True),
    ],
)
def test_volumes_are_drawn_on_the_gpu_where_they_are_scanned_on_it(
    scanner, backend, workers, expected, tiny, volumes, monkeypatch
) -> None:
    monkeypatch.setattr(module, "worker_count", lambda device: workers)
    acquisition = Acquisition(ScannerSettings(kind=scanner), backend=backend)
    changed = SyntheticVolumes(volumes.subjects, partial(replace, volumes.sampler, acquisition=acquisition))
    wanted = task(tiny(), device=DeviceSettings(kind="gpu"), volumes=changed)
    assert samples_on_device(wanted, []) is expected


def test_volumes_made_on_a_device_give_the_patches_of_the_cpus(volumes, training_set, tiny) -> None:
    """Made as tensors, here on the CPU, they are cut without going through the host."""
    settings = tiny(steps=3, patch=[16, 16, 16], channels=[4, 8, 8], augmentation=AugmentationSettings(spatial=1.0))
    model = {**MODEL, "spacing": (6.0, 6.0, 6.0)}
    with batches(UNET, task(settings, volumes=volumes), training_set, model, 0) as by_workers:
        expected = [(image.clone(), labels.clone()) for image, labels in by_workers]
    stored = Patches([], settings, BUILTIN["liver"], model["spacing"], {"liver": 1}, 0)
    on_device = OnlinePatches(volumes.on("cpu:0"), stored)
    assert isinstance(volumes.on("cpu:0").volume(0).hu, torch.Tensor)
    for (image, labels), (other, truth) in zip(Ahead(on_device, torch.device("cpu")), expected, strict=True):
        torch.testing.assert_close(image, other, atol=0.02, rtol=0)  # whole HU, of 39.4 to one, may round apart
        assert (labels != truth).float().mean() < 1e-3


def test_batches_are_the_same_wherever_they_are_cut(training_set, tiny) -> None:
    with batches(UNET, task(tiny(steps=3)), training_set, MODEL, 2) as by_workers:
        expected = [image.clone() for image, _ in by_workers]
    wanted = task(tiny(steps=3), device=DeviceSettings(threads=1, sampling="device"))
    with batches(UNET, wanted, training_set, MODEL, 2) as ahead:
        assert isinstance(ahead, Ahead)
        assert all(torch.equal(image, other) for (image, _), other in zip(ahead, expected, strict=True))


def test_validation_volumes_are_whole_and_normalised(training_set, tiny) -> None:
    (image, labels), *others = validation(task(tiny(), device=CPU), training_set, MODEL)
    assert image.shape == labels.shape == (1, 1, 32, 30, 28)
    assert float(image.min()) == pytest.approx((-17 - 99.4) / 39.4)
    assert 0.01 < float(labels.float().mean()) < 0.5
    assert others == []
