"""A trained model in memory: arrays in, label arrays on the same grid out."""

from __future__ import annotations

from dataclasses import dataclass, field
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelct.api.arguments import Grid, as_given, image_of
from labelct.errors import InputError, check_choice
from labelct.evaluation.components import Parts, keep_largest
from labelct.models import find_model
from labelct.mr import shown
from labelct.trainer.model import mr_settings
from labelct.trainer.parts import read_parts
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.table import open_model

if TYPE_CHECKING:
    from labelct.mr import Settings as MrSettings
    from labelct.trainer.face import Predictor

DEVICES = ("cpu", "gpu", "auto")


@dataclass(frozen=True)
class Model:
    """A trained network, opened by `load_model`.

    Attributes:
        folder: Where it was read from.
        names: `{value: name}` of what it segments.
    """

    folder: Path
    names: dict[int, str]
    _predictor: Predictor = field(repr=False)
    _parts: dict[int, Parts] = field(repr=False)
    _mr: MrSettings | None = field(repr=False)

    def segment(
        self, array: ArrayLike, affine: Grid, all_components: bool = False, not_hu: bool = False
    ) -> NDArray[np.uint8]:
        """Segment an image, as `labelct segment` does.

        Args:
            array: `(x, y, z)` HU, or the intensities of an MR for a model that was trained on MR; an array, a tensor or
                lists, with its axes in any order and direction. It is not changed.
            affine: `(4, 4)`, voxel index to RAS+ mm, as nibabel has it; or the voxel size in mm, one number or
                `(x, y, z)`, of an image whose axes are RAS+ (x grows to the patient's right, y to the front, z to the
                head).
            all_components: Keep every part of each structure, also specks; else as many as the training labels had.
            not_hu: Take the values as they are, though they cannot be HU.

        Returns:
            Label values on the array's own grid and axes; 0, and the values in `names`.

        Raises:
            InputError: `array` is no volume, or cannot be in HU.
            SettingError: `affine` is neither an affine nor a voxel size.
        """
        modality = None if not_hu else "mr" if self._mr else "ct"
        volume = image_of("array", array, affine, modality)
        found = self._predictor.predict(shown(volume, self._mr) if self._mr else volume)
        return as_given(found if all_components else keep_largest(found, self._parts, volume.spacing), volume)


def load_model(path: str | PathLike[str] | None = None, device: str = "cpu") -> Model:
    """Open a trained model.

    Args:
        path: What `labelct segment --model` takes: the folder of a run, a model's own folder (`stages/training/KEY`),
            `"latest"` for the newest run in `outputs`, or the name of a model that comes with labelct; None: that one.
        device: Where it runs: `cpu`, `gpu`, or `auto`, which is a GPU where there is one.

    Returns:
        The model, which segments arrays.

    Raises:
        InputError: Nothing is there, or it is no finished model.
        SettingError: The device is none, or not there.
    """
    check_choice("device", device, DEVICES)
    if path is not None and not isinstance(path, (str, PathLike)):
        raise InputError("path", f"is {path!r}", "give the folder of a run or of a model")
    folder = find_model(None if path is None else fspath(path))
    predictor = open_model(folder, DeviceSettings(kind=device))
    names = {value: name for name, value in predictor.labels.items()}
    return Model(folder, names, predictor, read_parts(folder, predictor.labels), mr_settings(folder))
