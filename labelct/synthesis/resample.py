"""Label maps and volumes on a grid of another spacing."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Spacing = Sequence[float]


def resampled_shape(shape: Sequence[int], spacing: Spacing, new_spacing: Spacing) -> tuple[int, int, int]:
    """Return the voxels `(x, y, z)` that cover the same extent at `new_spacing`, at least one each."""
    x, y, z = (max(1, round(n * s / t)) for n, s, t in zip(shape, spacing, new_spacing, strict=True))
    return x, y, z


def resampled_affine(affine: NDArray[np.float64], new_spacing: Spacing) -> NDArray[np.float64]:
    """Return the affine of the new grid, whose first corner lies where the old one's lies.

    Args:
        affine: `(4, 4)`, voxel index to mm.
        new_spacing: New voxel size `(x, y, z)` in mm.
    """
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    factor = np.asarray(new_spacing) / spacing
    new = affine.copy()
    new[:3, :3] = affine[:3, :3] * factor
    new[:3, 3] = affine[:3, 3] + affine[:3, :3] @ ((factor - 1.0) / 2.0)
    return new


def resample_labels(label_map: NDArray[Any], spacing: Spacing, new_spacing: Spacing) -> NDArray[Any]:
    """Return a label map at another spacing, by the nearest voxel.

    Args:
        label_map: `(x, y, z)` label values.
        spacing: Its voxel size in mm.
        new_spacing: The wanted one in mm.
    """
    shape = resampled_shape(label_map.shape, spacing, new_spacing)
    nearest = [
        np.clip(np.floor((np.arange(m) + 0.5) * t / s).astype(int), 0, n - 1)
        for n, m, s, t in zip(label_map.shape, shape, spacing, new_spacing, strict=True)
    ]
    return np.ascontiguousarray(label_map[np.ix_(*nearest)])


def axis_weights(length: int, new_length: int, ratio: float) -> NDArray[np.float32]:
    """Return the weights `(new_length, length)` of a triangle filter as wide as the coarser grid's voxels.

    Finer grids are interpolated linearly; coarser ones are averaged, so that they do not alias.

    Args:
        length: Voxels along the axis.
        new_length: Voxels of the new grid.
        ratio: New voxel size over the old one.
    """
    centres = (np.arange(new_length) + 0.5) * ratio - 0.5
    distance = np.abs(np.clip(centres, 0, length - 1)[:, None] - np.arange(length)[None, :])
    weights = np.maximum(0.0, 1.0 - distance / max(ratio, 1.0))
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def resample_volume(volume: NDArray[np.float32], spacing: Spacing, new_spacing: Spacing) -> NDArray[np.float32]:
    """Return a volume at another spacing: linear where finer, averaged where coarser.

    Sparse products rather than BLAS: their sums do not depend on the number of threads.

    Args:
        volume: `(x, y, z)` HU.
        spacing: Its voxel size in mm.
        new_spacing: The wanted one in mm.
    """
    from scipy.sparse import csr_array

    shape = resampled_shape(volume.shape, spacing, new_spacing)
    for axis in range(3):
        weights = csr_array(axis_weights(volume.shape[axis], shape[axis], new_spacing[axis] / spacing[axis]))
        lines = np.moveaxis(volume, axis, 0)
        resampled = weights @ np.ascontiguousarray(lines).reshape(len(lines), -1)
        volume = np.moveaxis(resampled.reshape(shape[axis], *lines.shape[1:]), 0, axis)
    return np.ascontiguousarray(volume, np.float32)
