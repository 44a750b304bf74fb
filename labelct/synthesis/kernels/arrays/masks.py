"""Masks: how far they reach, what they enclose, what lies beside them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def extent(mask: Mask, axis: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return first and last True voxel of every line along an axis."""
    last = mask.shape[axis] - 1 - np.flip(mask, axis).argmax(axis=axis)
    return mask.argmax(axis=axis), np.where(mask.any(axis=axis), last, -1)


def distance(mask: Mask, spacing: Sequence[float], most: float) -> NDArray[np.float64]:
    """Return how far the next True voxel of the same axial section is."""
    from scipy.ndimage import distance_transform_edt

    found = np.empty(mask.shape)
    for z in range(mask.shape[2]):
        found[:, :, z] = distance_transform_edt(~mask[:, :, z], sampling=spacing[:2])
    return found


def fill_holes(mask: Mask) -> Mask:
    """Return a mask with what it encloses in each axial section."""
    from scipy.ndimage import binary_fill_holes

    filled = mask.copy()
    for section in np.moveaxis(filled, 2, 0):
        section[...] = binary_fill_holes(section)
    return filled


def border(mask: Mask) -> NDArray[np.intp]:
    """Return the voxels outside a mask that share a face with it."""
    from scipy.ndimage import binary_dilation

    inside = np.argwhere(mask)
    if not len(inside):
        return inside
    low, high = np.maximum(inside.min(axis=0) - 1, 0), inside.max(axis=0) + 2
    box = mask[tuple(slice(first, last) for first, last in zip(low, high, strict=True))]
    return np.argwhere(binary_dilation(box) & ~box) + low


def nearest(coarse: Mask, step: Sequence[int], reference: NDArray[Any]) -> Mask:
    """Return a mask that was found on every `step`-th voxel on the grid of `reference`."""
    return coarse[np.ix_(*nearest_places(coarse.shape, step, reference.shape))]


def nearest_places(coarse: Sequence[int], step: Sequence[int], fine: Sequence[int]) -> list[NDArray[np.intp]]:
    """Return, for each axis, which voxel of a coarse grid each voxel of the fine one takes.

    Args:
        coarse: Shape of the coarse grid.
        step: Fine voxels for each coarse one.
        fine: Shape of the fine grid.
    """
    return [np.minimum(np.arange(n) // s, m - 1) for n, s, m in zip(fine, step, coarse, strict=True)]
