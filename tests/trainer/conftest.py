from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labelct.dataset import TrainingSet, image_path, label_path, write_index
from labelct.io import nifti
from labelct.targets import Targets
from labelct.trainer.face import TrainingTask
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.unet.settings import AugmentationSettings, PredictionSettings, UNetSettings

SHAPE, SPACING = (32, 30, 28), (4.0, 4.0, 4.0)
CPU = DeviceSettings(threads=1)


def task(settings: Any, seed: int = 0, device: DeviceSettings = CPU, volumes: Any = None) -> TrainingTask[Any]:
    """Return the task of learning the one target `liver`."""
    return TrainingTask(settings, Targets.of(["liver"]), device, seed, volumes)


def ball(shape: tuple[int, ...], spacing: tuple[float, ...], centre: tuple[float, ...], radius: float) -> np.ndarray:
    """Return the voxels whose centre is within `radius` mm of `centre` (mm from the corner)."""
    axes = [(np.arange(n) + 0.5) * size - c for n, size, c in zip(shape, spacing, centre, strict=True)]
    x, y, z = np.meshgrid(*axes, indexing="ij", sparse=True)
    return x**2 + y**2 + z**2 < radius**2


def body_with_ball(shape=SHAPE, spacing=SPACING, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return HU and labels: a body of 30 HU in air, and in it a ball of 110 HU that is label 1."""
    rng = np.random.default_rng(seed)
    extent = np.multiply(shape, spacing)
    centre = tuple(extent / 2 + rng.uniform(-12, 12, 3))
    target = ball(shape, spacing, centre, 24.0)
    hu = np.where(ball(shape, spacing, tuple(extent / 2), 0.52 * min(extent)), 30.0, -1000.0)
    hu[target] = 110.0
    return (hu + rng.normal(0, 10, shape)).astype(np.float32), target.astype(np.uint8)


@pytest.fixture
def tiny() -> Callable[..., UNetSettings]:
    """Settings that train in a second or two."""

    def settings(**changes) -> UNetSettings:
        values = {"channels": [8, 16, 32], "patch": [24, 24, 24], "steps": 30, "validate_every": 15, "warmup": 2}
        values |= {"learning_rate": 1e-2, "augmentation": AugmentationSettings(spatial=0.05)}
        return UNetSettings(**{**values, "prediction": PredictionSettings(overlap=0.25), **changes})

    return settings


@pytest.fixture
def training_set(tmp_path: Path) -> TrainingSet:
    """Three bodies with a ball to learn from, one to validate on."""
    folder, names = tmp_path / "set", ["a", "b", "c", "v"]
    for seed, name in enumerate(names):
        hu, labels = body_with_ball(seed=seed)
        nifti.write(image_path(folder, name), hu, np.diag([*SPACING, 1.0]))
        nifti.write(label_path(folder, name), labels, np.diag([*SPACING, 1.0]))
    write_index(folder, ["liver"], {"train": names[:3], "val": names[3:]}, SPACING)
    return TrainingSet(folder)
