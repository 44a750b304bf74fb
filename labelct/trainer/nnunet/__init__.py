"""The trainer `nnunet`: nnU-Net v2 itself, planned once for all arms; its face (see `labelct.trainer.face`)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from labelct.trainer.nnunet.settings import NnunetPredictionSettings
from labelct.trainer.nnunet.settings import NnunetSettings as Settings

if TYPE_CHECKING:
    from labelct.store import Stage
    from labelct.tracking import Tracker
    from labelct.trainer.face import DataSize, Predictor, TrainingTask
    from labelct.trainer.settings import DeviceSettings

__all__ = ["Settings", "check", "fit", "load", "prepare"]


def check(task: TrainingTask[Settings], size: Callable[[], DataSize], outputs: Path) -> None:
    """Raise where memory, disk or devices are too small for nnU-Net."""
    from labelct.trainer.nnunet.preflight import check_machine

    check_machine(task, size(), outputs)


def prepare(
    task: TrainingTask[Settings], training_set: Stage, clinical_arm: Callable[[], Stage | None], root: Path
) -> list[Stage]:
    """Return the stages `plans`, the same for every arm of a comparison, and `preprocessed`."""
    from labelct.trainer.nnunet.preparation import planned, preprocessed

    plans = planned(task, training_set, clinical_arm, root)
    return [plans, preprocessed(task, training_set, plans, root)]


def fit(task: TrainingTask[Settings], data: Path, folder: Path, tracker: Tracker) -> None:
    """Train on the preprocessed set in `data`, or go on from the checkpoint that `folder` holds."""
    from labelct.trainer.nnunet.training import train

    train(task, data, folder, tracker)


def load(folder: Path, device: DeviceSettings, prediction: NnunetPredictionSettings | None = None) -> Predictor:
    """Open the model that `fit` left in `folder`."""
    from labelct.trainer.nnunet.predictor import NnunetPredictor

    return NnunetPredictor.load(folder, device, prediction)
