"""From HU to what the network sees: a window and a z-score, the same for every training set of a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from labelct.dataset import StoredCase, TrainingSet
from labelct.errors import InputError, SettingError
from labelct.io.hounsfield import HU_RANGE
from labelct.io.nifti import read_label_map, read_volume
from labelct.trainer.settings import NormalisationSettings

if TYPE_CHECKING:
    from torch import Tensor

VOXELS_PER_VOLUME = 1_000_000  # evenly spread: more do not move a percentile, and take seconds to sort
STEPS = 10_000  # between the percentiles of a volume that is kept in 16 bits
VOXELS_PER_CASE = 10_000  # nnU-Net's number; percentiles of a hundred cases rest on a million voxels


@dataclass(frozen=True)
class IntensityProperties:
    """Clip to `[low, high]`, subtract `mean`, divide by `sd` (all HU)."""

    low: float
    high: float
    mean: float
    sd: float

    def standardised(self, hu: Tensor) -> Tensor:
        """Return `hu` clipped and standardised, without unit, on its device."""
        return (hu.float().clamp(self.low, self.high) - self.mean) / self.sd

    @property
    def floor(self) -> float:
        """What air becomes."""
        return (self.low - self.mean) / self.sd


BUILTIN = {
    "liver": IntensityProperties(-17.0, 201.0, 99.4, 39.4),
    "soft_tissue": IntensityProperties(-160.0, 240.0, 40.0, 100.0),
    "wide": IntensityProperties(-1004.0, 1588.0, -50.0, 503.0),
}
"""`liver`: nnU-Net's foreground fingerprint of the Medical Segmentation Decathlon, Task03 (Isensee et al. 2021,
doi:10.1038/s41592-020-01008-z); `wide`: the same over every organ of TotalSegmentator (Wasserthal et al. 2023,
doi:10.1148/ryai.230024); `soft_tissue`: the abdominal reading window, level 40 and width 400 HU."""


def intensity(settings: NormalisationSettings, training_set: TrainingSet) -> IntensityProperties | None:
    """Return the intensity properties that `settings` asks for; None where every volume has its own.

    Args:
        settings: The source of the intensity_properties.
        training_set: What `source=training` measures.

    Raises:
        SettingError: `source=clinical` without its four numbers.
        InputError: `source=training` with no target voxel in any case.
    """
    if settings.source == "volume":
        return None
    if settings.source == "builtin":
        return BUILTIN[settings.window]
    if settings.source == "training":
        return fingerprint(training_set)
    numbers = {name: getattr(settings, name) for name in ("low", "high", "mean", "sd")}
    for name, value in numbers.items():
        if value is None:
            raise SettingError(f"normalisation.{name}", None, "a number in HU", "source=clinical needs all four")
    return IntensityProperties(**numbers)


def fingerprint(training_set: TrainingSet) -> IntensityProperties:
    """Measure the target voxels of a training set as nnU-Net does: 0.5 and 99.5 percentiles, mean, deviation.

    Args:
        training_set: The cases; each contributes up to 10 000 voxels, evenly spread over its targets.

    Raises:
        InputError: No case holds a target voxel.
    """
    voxels = np.concatenate([target_voxels(case, training_set.ignore) for case in training_set.train])
    if not voxels.size:
        raise InputError(training_set.folder, "no case holds a target voxel", "choose normalisation.source=builtin")
    return measure(voxels)


def target_voxels(case: StoredCase, ignore: int | None = None) -> NDArray[np.float32]:
    """Return up to 10 000 HU values of the target voxels of `case`, evenly spread.

    Args:
        case: Image and labels.
        ignore: The label value of voxels that nobody looked at; None: there are none.
    """
    labels = np.asarray(read_label_map(case.label).array, np.uint8)
    inside = labels > 0 if ignore is None else (labels > 0) & (labels != ignore)
    hu = read_volume(case.image).array[inside].astype(np.float32)
    return hu[:: max(1, -(-hu.size // VOXELS_PER_CASE))]


def measure(hu: Sequence[float] | NDArray[np.float32]) -> IntensityProperties:
    """Return the intensity properties of voxels; a deviation below 1 HU (constant organs without noise) counts as 1."""
    low, high = np.percentile(hu, (0.5, 99.5))
    mean, sd = float(np.mean(hu)), max(float(np.std(hu)), 1.0)
    return IntensityProperties(float(low), max(float(high), float(low) + 1.0), mean, sd)


def of_volume(image: NDArray[np.generic]) -> IntensityProperties:
    """Return a volume's own intensity properties: 0.5 and 99.5 percentiles, mean and deviation between them.

    Args:
        image: `(x, y, z)` in any unit; a constant one becomes 0.
    """
    few = image.reshape(-1)[:: max(1, -(-image.size // VOXELS_PER_VOLUME))].astype(np.float64)
    few = few.clip(min=HU_RANGE[0])  # below lies no value of a CT or of an MR, but a scanner's mark for "outside"
    low, high = (float(value) for value in np.percentile(few, (0.5, 99.5)))
    if not low < high:
        return IntensityProperties(low, low + 1.0, low, 1.0)
    inside = few.clip(low, high)
    return IntensityProperties(low, high, float(inside.mean()), float(inside.std()))


def in_steps(image: Tensor, properties: IntensityProperties) -> tuple[Tensor, IntensityProperties]:
    """Return an image in ten thousandths of its window, which 16 bits hold whatever its unit is, and what it has there.

    Args:
        image: `(x, y, z)` float32.
        properties: Those of the image in its own unit.

    Returns:
        The image, clipped to its window, from 0 to 10 000; its intensity properties in that unit.
    """
    unit = (properties.high - properties.low) / STEPS
    scaled = (image.clamp(properties.low, properties.high) - properties.low) / unit
    return scaled, IntensityProperties(
        0.0, float(STEPS), (properties.mean - properties.low) / unit, properties.sd / unit
    )
