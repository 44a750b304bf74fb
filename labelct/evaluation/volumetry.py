"""What is measured of a segmentation without a truth: each structure's volume and density, and whether it is whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.evaluation.components import boxes_of

MM3_PER_ML = 1000
ENDS = (("left", "right"), ("posterior", "anterior"), ("inferior", "superior"))  # of x, y and z, which lead to RAS


@dataclass(frozen=True)
class StructureMeasurement:
    """One structure of one case.

    Attributes:
        structure: Its name.
        voxels: How many it has.
        volume_ml: Their volume, millilitres.
        mean_hu: Mean over its voxels, HU; None where there are none, or the image is not in HU.
        sd_hu: Standard deviation over its voxels, HU; None as `mean_hu`.
        truncated: Through which ends of the image it may go on, in the patient's directions (`superior`, `left`): it
            reaches the outermost voxels that were segmented, so that its volume is a lower bound. Empty where it is
            whole; None where there are no voxels.
    """

    structure: str
    voxels: int
    volume_ml: float
    mean_hu: float | None
    sd_hu: float | None
    truncated: tuple[str, ...] | None


def measure(
    label_array: NDArray[np.uint8],
    labels: Mapping[str, int],
    spacing: Sequence[float],
    hu: NDArray[Any] | None,
    field: Sequence[slice] = (slice(None),) * 3,
) -> list[StructureMeasurement]:
    """Measure each structure of a segmentation, in the order of `labels`.

    Args:
        label_array: `(x, y, z)` label values, axes towards the patient's right, anterior and superior.
        labels: Label value by name.
        spacing: Voxel size, mm.
        hu: `(x, y, z)` HU; None: the image is in another unit.
        field: The part of the image that was segmented.
    """
    limits = [part.indices(size)[:2] for part, size in zip(field, label_array.shape, strict=True)]
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
        ends = None if box is None else _reached(box, limits)
        found.append(StructureMeasurement(name, voxels, voxels * voxel_ml, mean, sd, ends))
    return found


def _reached(box: Sequence[slice], limits: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """Return the ends of what was segmented, the first voxel and the one behind the last, that a box reaches."""
    return tuple(
        end
        for part, (first, last), ends in zip(box, limits, ENDS, strict=True)
        for end, is_there in zip(ends, (part.start <= first, part.stop >= last), strict=True)
        if is_there
    )
