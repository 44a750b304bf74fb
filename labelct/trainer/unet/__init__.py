"""The trainer `unet`: a 3-D U-Net of MONAI, or a cascade of two; its face (see `labelct.trainer.face`)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from labelct.errors import check_installed
from labelct.trainer.unet.settings import PredictionSettings
from labelct.trainer.unet.settings import UNetSettings as Settings

if TYPE_CHECKING:
    from labelct.store import Stage
    from labelct.tracking import Tracker
    from labelct.trainer.face import DataSize, Predictor, TrainingTask
    from labelct.trainer.settings import DeviceSettings

__all__ = ["FORMATS", "Settings", "check", "export", "fit", "load", "prepare"]

FORMATS = ("labelct", "monai", "onnx")


def check(task: TrainingTask[Settings], size: Callable[[], DataSize], outputs: Path) -> None:
    """Raise where a package or the device is not there, a GPU has too little memory, or the volumes are too coarse."""
    from labelct.trainer.device import processes
    from labelct.trainer.memory import check_memory
    from labelct.trainer.unet.cascade.passes import tasks
    from labelct.trainer.unet.family import UNET

    check_installed("lightning", "monai")
    processes(task.device)
    if task.settings.cascade.targets:
        task.settings.cascade.check_volumes(size().spacing)
    for one in tasks(task):
        check_memory(UNET, one)


def prepare(
    task: TrainingTask[Settings], training_set: Stage, clinical_arm: Callable[[], Stage | None], root: Path
) -> list[Stage]:
    """Return no stage: the training reads the training set itself."""
    return []


def fit(task: TrainingTask[Settings], data: Path, folder: Path, tracker: Tracker) -> None:
    """Train on the training set in `data`, or go on with the training that `folder` holds."""
    from labelct.trainer.unet.cascade import passes

    passes.fit(task, data, folder, tracker)


def load(folder: Path, device: DeviceSettings, prediction: PredictionSettings | None = None) -> Predictor:
    """Open the model that `fit` left in `folder`."""
    from labelct.trainer.model import CASCADE
    from labelct.trainer.predictor import NetworkPredictor
    from labelct.trainer.unet.cascade.predictor import CascadePredictor
    from labelct.trainer.unet.family import UNET

    if (folder / CASCADE).exists():
        return CascadePredictor.load(folder, device, prediction)
    return NetworkPredictor.load(UNET, folder, device, prediction)


def export(folder: Path, output: Path, form: str, half: bool) -> None:
    """Write the model that `fit` left in `folder` as one of `FORMATS`."""
    from labelct.trainer.export import networks
    from labelct.trainer.model import CASCADE
    from labelct.trainer.unet.cascade import export as cascade
    from labelct.trainer.unet.family import UNET

    if (folder / CASCADE).exists():
        cascade.export(folder, output, form, half)
        return
    networks.export(UNET, folder, output, form, half)
