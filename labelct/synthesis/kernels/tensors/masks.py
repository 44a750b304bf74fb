"""Masks: how far they reach, what they enclose, what lies beside them."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from labelct.synthesis.kernels.arrays.masks import nearest_places
from labelct.synthesis.kernels.tensors.voxels import host, like, slabs


def extent(mask: Tensor, axis: int) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """Return first and last True voxel of every line along an axis."""
    length = mask.shape[axis]
    shape = [length if number == axis else 1 for number in range(mask.ndim)]
    places = torch.arange(length, dtype=torch.int16, device=mask.device).view(shape)
    last = torch.where(mask, places, -1).amax(dim=axis)
    first = torch.where(mask, places, length).amin(dim=axis)
    return host(first), host(last)


def distance(mask: Tensor, spacing: Sequence[float], most: float) -> Tensor:
    """Return how far the next True voxel of the same axial section is, where that is no more than `most`.

    The nearest True voxel of each line along x first, then the least over the lines (Felzenszwalb and Huttenlocher,
    Theory of Computing 8, 2012); only as many lines are looked at as lie within `most`.
    """
    to_next = lines_away(mask) * spacing[0]
    squares = to_next * to_next
    found = squares.clone()
    for lines in range(1, min(mask.shape[1] - 1, math.floor(most / spacing[1])) + 1):
        away = (lines * spacing[1]) * (lines * spacing[1])
        torch.minimum(found[:, lines:], squares[:, :-lines] + away, out=found[:, lines:])
        torch.minimum(found[:, :-lines], squares[:, lines:] + away, out=found[:, :-lines])
    found = found.sqrt_()
    empty = ~mask.any(dim=0).any(dim=0)
    if bool(empty.any()):
        found[:, :, empty] = _without_true(mask, spacing)
    return found


def lines_away(mask: Tensor) -> Tensor:
    """Return how many voxels along x the nearest True voxel of the same line is away, float64; infinite without one."""
    places = torch.arange(mask.shape[0], dtype=torch.int32, device=mask.device)[:, None, None]
    none = 1 << 20  # further than any volume is long
    below = torch.cummax(torch.where(mask, places, -none), 0)[0]
    above = torch.cummin(torch.where(mask, places, none).flip(0), 0)[0].flip(0)
    away = torch.minimum(places - below, above - places)
    return torch.where(away < none // 2, away.double(), math.inf)


def _without_true(mask: Tensor, spacing: Sequence[float]) -> Tensor:
    """Return what SciPy makes of a section where nothing is True, which depends on its size alone; `(x, y, 1)`."""
    from scipy.ndimage import distance_transform_edt

    section = distance_transform_edt(np.ones(tuple(mask.shape[:2])), sampling=spacing[:2])
    return like(np.asarray(section), mask)[:, :, None]


def fill_holes(mask: Tensor) -> Tensor:
    """Return a mask with what it encloses in each axial section.

    The outside grows along lines, from the border of the section up to the next True voxel, until it grows no more.
    """
    filled = torch.empty_like(mask)
    for sections in slabs(mask.shape, 2):
        filled[:, :, sections] = ~_outside(mask[:, :, sections])
    return filled


def _outside(mask: Tensor) -> Tensor:
    outside = torch.zeros_like(mask)
    outside[[0, -1]], outside[:, [0, -1]] = ~mask[[0, -1]], ~mask[:, [0, -1]]
    while True:
        known = int(outside.sum())
        for axis in (0, 1):
            outside = _grown(outside, mask, axis) | _grown(outside.flip(axis), mask.flip(axis), axis).flip(axis)
        if int(outside.sum()) == known:
            return outside


def _grown(outside: Tensor, mask: Tensor, axis: int) -> Tensor:
    """Return the outside carried on along an axis as far as no True voxel is in the way."""
    shape = [1, 1, 1]
    shape[axis] = -1
    places = torch.arange(1, mask.shape[axis] + 1, dtype=torch.int16, device=mask.device).view(shape)
    last_outside = torch.cummax(torch.where(outside, places, 0), axis)[0]
    last_mask = torch.cummax(torch.where(mask, places, 0), axis)[0]
    return last_outside > last_mask


def border(mask: Tensor) -> Tensor:
    """Return the voxels outside a mask that share a face with it."""
    grown = mask.clone()
    for axis in range(3):
        length = mask.shape[axis] - 1
        grown.narrow(axis, 1, length).logical_or_(mask.narrow(axis, 0, length))
        grown.narrow(axis, 0, length).logical_or_(mask.narrow(axis, 1, length))
    return (grown & ~mask).nonzero()


def nearest(coarse: NDArray[np.bool_], step: Sequence[int], reference: Tensor) -> Tensor:
    """Return a mask that was found on every `step`-th voxel on the grid of `reference`."""
    mask = like(coarse, reference)
    for axis, places in enumerate(nearest_places(coarse.shape, step, reference.shape)):
        mask = mask.index_select(axis, like(places, reference))
    return mask
