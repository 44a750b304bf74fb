"""What is measured of a segmentation without a truth: the volume of each structure, and its density."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.evaluation.components import boxes_of

MM3_PER_ML = 1000


@dataclass(frozen=True)
class Measured:
    """One structure of one case.

    Attributes:
        structure: Its name.
        voxels: How many it has.
        volume_ml: Their volume, millilitres.
        mean_hu: Mean over its voxels, HU; None where there are none, or the image is not in HU.
        sd_hu: Standard deviation over its voxels, HU; None as `mean_hu`.
    """

    structure: str
    voxels: int
    volume_ml: float
    mean_hu: float | None
    sd_hu: float | None


def measure(
    label_array: NDArray[np.uint8],
    labels: Mapping[str, int],
    spacing: Sequence[float],
    hu: NDArray[Any] | None,
) -> list[Measured]:
    """Measure each structure of a segmentation, in the order of `labels`.

    Args:
        label_array: `(x, y, z)` label values.
        labels: Label value by name.
        spacing: Voxel size, mm.
        hu: `(x, y, z)` HU; None: the image is in another unit.
    """
    boxes, voxel_ml = boxes_of(label_array), float(np.prod(spacing)) / MM3_PER_ML
    found = []
    for name, value in labels.items():
        box = boxes.get(value)
        inside = None if box is None else label_array[box] == value
        voxels = 0 if inside is None else int(np.count_nonzero(inside))
        mean = sd = None
        if hu is not None and voxels:
            values = hu[box][inside]
            mean, sd = float(values.mean(dtype=np.float64)), float(values.std(dtype=np.float64))
        found.append(Measured(name, voxels, voxels * voxel_ml, mean, sd))
    return found
