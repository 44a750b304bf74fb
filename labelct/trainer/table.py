"""The table of trainers, each a package beside these, and what opens a model by the trainer that made it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labelct.errors import InputError
from labelct.trainer import nnunet, resunet25d, unet
from labelct.trainer.face import Predictor, Trainer
from labelct.trainer.model import read_model
from labelct.trainer.settings import DeviceSettings

TRAINERS: Mapping[str, Trainer] = {
    "unet": unet,
    "resunet25d": resunet25d,
    "nnunet": nnunet,
}


def open_model(folder: Path, device: DeviceSettings, prediction: Any = None) -> Predictor:
    """Return the predictor of the model in `folder`.

    Args:
        folder: Holds `model.json`.
        device: Where it shall run.
        prediction: The prediction settings of the model's trainer; None takes what it was trained with.

    Raises:
        InputError: The folder holds no trained model, or one of an unknown trainer.
    """
    return trainer_of(folder).load(folder, device, prediction)


def trainer_of(folder: Path) -> Trainer:
    """Return the trainer that made the model in `folder`.

    Raises:
        InputError: The folder holds no trained model, or one of an unknown trainer.
    """
    kind = read_model(folder)["settings"].get("kind")
    if not isinstance(kind, str) or kind not in TRAINERS:
        remedy = f"train with one of trainer={', '.join(TRAINERS)}"
        raise InputError(folder / "model.json", f"is of the unknown trainer {kind!r}", remedy)
    return TRAINERS[kind]
