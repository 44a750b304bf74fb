"""Opens a trained model by the kind of its trainer."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError
from labelct.trainer.settings import DeviceSettings
from labelct.volume import Volume


class Predictor(Protocol):
    """A trained model that segments CT."""

    @property
    def labels(self) -> dict[str, int]:
        """Label value by target name."""

    def predict(self, volume: Volume) -> NDArray[np.uint8]:
        """Return label values `(x, y, z)` on the grid of `volume`, HU."""


def open_model(folder: Path, device: DeviceSettings, prediction: Any = None) -> Predictor:
    """Return the predictor of the model in `folder`.

    Args:
        folder: Holds `model.json`.
        device: Where it shall run.
        prediction: The prediction settings of the model's trainer; None takes what it was trained with.

    Raises:
        InputError: The folder holds no trained model, or one of an unknown trainer.
    """
    from labelct.trainer.predictor import read_model

    match kind := read_model(folder)["settings"].get("kind"):
        case "unet":
            from labelct.trainer import unet

            return unet.Predictor.load(folder, device, prediction)
        case "nnunet":
            from labelct.trainer import nnunet

            return nnunet.Predictor.load(folder, device, prediction)
    raise InputError(folder / "model.json", f"is of the unknown trainer {kind!r}", "train with trainer=unet or nnunet")
