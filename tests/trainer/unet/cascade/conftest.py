"""Volumes of 2 mm with an organ that a grid of 5 mm hardly holds."""

from pathlib import Path

import numpy as np
import pytest

from labelct.dataset import TrainingSet, image_path, label_path, write_index
from labelct.io import nifti
from labelct.targets import Targets
from labelct.trainer.face import TrainingTask
from labelct.trainer.unet.cascade.settings import CascadeSettings
from labelct.trainer.unet.settings import AugmentationSettings, PredictionSettings, UNetSettings
from tests.trainer.conftest import CPU, ball

SHAPE, SPACING = (48, 44, 40), (2.0, 2.0, 2.0)
TARGETS = ["liver", "gallbladder"]


def body(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return HU and labels: a body of 30 HU, a ball of 110 HU that is label 1, and at its side one of 8 HU, label 2."""
    rng = np.random.default_rng(seed)
    extent = np.multiply(SHAPE, SPACING)
    centre = extent / 2 + rng.uniform(-6, 6, 3)
    labels = ball(SHAPE, SPACING, tuple(centre), 22.0).astype(np.uint8)
    labels[ball(SHAPE, SPACING, tuple(np.add(centre, (18, 0, 0))), 7.0)] = 2
    hu = np.where(ball(SHAPE, SPACING, tuple(extent / 2), 0.52 * min(extent)), 30.0, -1000.0)
    hu[labels == 1], hu[labels == 2] = 110.0, 8.0
    return (hu + rng.normal(0, 10, SHAPE)).astype(np.float32), labels


@pytest.fixture
def fine_set(tmp_path: Path) -> TrainingSet:
    """Three bodies to learn from, one to validate on."""
    return written(tmp_path)


def written(tmp_path: Path) -> TrainingSet:
    """Write the training set."""
    folder, names = tmp_path / "set", ["a", "b", "c", "v"]
    for seed, name in enumerate(names):
        hu, labels = body(seed)
        nifti.write(image_path(folder, name), hu, np.diag([*SPACING, 1.0]))
        nifti.write(label_path(folder, name), labels, np.diag([*SPACING, 1.0]))
    write_index(folder, TARGETS, {"train": names[:3], "val": names[3:]}, SPACING)
    return TrainingSet(folder)


def cascade(steps: int = 4, **changes) -> TrainingTask[UNetSettings]:
    """Return the task of a cascade of 5 and 2 mm for the gallbladder."""
    second = CascadeSettings(
        **{"targets": ["gallbladder"], "spacing": 2.0, "margin_mm": 6.0, "steps": steps, **changes}
    )
    settings = UNetSettings(
        channels=[8, 16, 32],
        patch=[16, 16, 16],
        spacing=[5.0, 5.0, 5.0],
        steps=steps,
        validate_every=max(1, steps // 2),
        warmup=2,
        learning_rate=1e-2,
        augmentation=AugmentationSettings(),
        prediction=PredictionSettings(overlap=0.25),
        cascade=second,
    )
    settings.normalisation.window = "soft_tissue"
    return TrainingTask(settings, Targets.of(TARGETS), CPU, 0)
