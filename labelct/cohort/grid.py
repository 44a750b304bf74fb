"""Label map and image of a case on another grid."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.io.hounsfield import clipped
from labelct.synthesis.resample import resample_labels, resample_volume, resampled_affine
from labelct.synthesis.shape_interpolation import interpolate_labels
from labelct.volume import LabelMap, Volume

LABELS = {"nearest": resample_labels, "shape": interpolate_labels}


def regrid(
    label_map: LabelMap,
    image: Volume | None,
    spacing: float | None,
    superior_padding_mm: float = 0.0,
    interpolation: str = "nearest",
) -> tuple[LabelMap, Volume | None]:
    """Return both on the grid that they are used on.

    Args:
        label_map: The label map.
        image: The CT, or the standardised MR, on the same grid, or None.
        spacing: Isotropic voxel size in mm; None keeps their own.
        superior_padding_mm: Least distance from the topmost label to the upper end of a map without an image. A map
            whose labels are cut off by its upper end stays as it is.
        interpolation: Of the label map, as in `data.interpolation`.
    """
    label_map, image = _resampled(label_map, image, spacing, interpolation)
    return (label_map if image is not None else _with_superior_padding(label_map, superior_padding_mm)), image


def _with_superior_padding(label_map: LabelMap, superior_padding_mm: float) -> LabelMap:
    levels, depth = np.flatnonzero(label_map.array.any(axis=(0, 1))), label_map.array.shape[2]
    if not len(levels) or levels[-1] == depth - 1:
        return label_map
    missing = math.ceil(superior_padding_mm / label_map.spacing[2]) - (depth - 1 - int(levels[-1]))
    if missing <= 0:
        return label_map
    array, ignored = (_padded(part, missing) for part in (label_map.array, label_map.ignored))
    assert array is not None
    return LabelMap(array, label_map.affine, label_map.names, ignored=ignored)


def _padded(array: NDArray[Any] | None, missing: int) -> NDArray[Any] | None:
    return None if array is None else np.ascontiguousarray(np.pad(array, ((0, 0), (0, 0), (0, missing))))


def _resampled(
    label_map: LabelMap, image: Volume | None, spacing: float | None, interpolation: str
) -> tuple[LabelMap, Volume | None]:
    if spacing is None:
        return label_map, image
    size = (spacing,) * 3
    affine = resampled_affine(label_map.affine, size)
    array, ignored = LABELS[interpolation](label_map.array, label_map.spacing, size), label_map.ignored
    if ignored is not None:
        ignored = resample_labels(ignored, label_map.spacing, size)
        array[ignored] = 0
    labels = LabelMap(array, affine, label_map.names, ignored=ignored)
    if image is None:
        return labels, None
    values = clipped(image.array.astype(np.float32, copy=False))
    return labels, Volume(resample_volume(values, image.spacing, size), affine)
