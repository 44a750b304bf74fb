"""One label map brought onto another by the organs that both have.

First a stretch and a shift along each axis, from the places and sizes of the organs; then demons (Thirion, Medical
Image Analysis 2, 1998) in their diffeomorphic form, updates composed (Vercauteren et al., NeuroImage 45, 2009), on
signed distances, a channel an organ: their gradient has length 1, so that an update moves a surface by what it is off.
SimpleITK's demons take one channel, in which organs that touch cannot be told apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.synthesis.resample import resample_labels

Array = NDArray[np.float32]
REACH_MM = 40.0  # distances are clipped here: surfaces further apart than this after the stretch do not attract
MARGIN_MM = 50.0  # around the organs: beyond it no distance pulls
STRETCH = (0.7, 1.4)  # between adults; more is an organ that one of the maps cuts off
SPREAD = 1.5  # standard deviations from an organ's centre at which its size is compared
LARGEST_UPDATE = 0.4  # of a voxel for an update: shorter than half of one does not fold
ITERATIONS = {2: 40, 1: 35}  # by the factor on the grid, coarse first
SMOOTHING = (1.0, 0.8)  # voxels: of an update and of the whole field


@dataclass(frozen=True)
class Alignment:
    """Where the points of a map lie in another one, mm from the first corner of each.

    Attributes:
        scale: `(3,)`, of the stretch.
        shift: `(3,)` mm.
        field: `(3, x, y, z)` mm that are added, on a grid around the organs; beyond it its border goes on.
        origin: `(3,)` mm, the first corner of that grid.
        grid_mm: Its voxel size.
    """

    scale: NDArray[np.float64]
    shift: NDArray[np.float64]
    field: Array
    origin: NDArray[np.float64]
    grid_mm: float

    def places(self, shape: Sequence[int], spacing: Sequence[float], sections: slice) -> Array:
        """Return where the voxels of some axial sections of a map lie in the other one, `(3, x, y, sections)` mm."""
        from scipy.ndimage import map_coordinates

        levels = range(shape[2])[sections]
        axes = (range(shape[0]), range(shape[1]), levels)
        centres = [(np.array(axis, np.float32) + 0.5) * size for axis, size in zip(axes, spacing, strict=True)]
        points = np.stack(np.meshgrid(*centres, indexing="ij"))
        column = (3, 1, 1, 1)
        index = (points - self.origin.reshape(column)) / self.grid_mm - 0.5
        moved = [map_coordinates(one, index, order=1, mode="nearest") for one in self.field]
        placed = self.scale.reshape(column) * points + self.shift.reshape(column) + np.stack(moved)
        return placed.astype(np.float32)


@dataclass(frozen=True)
class Organs:
    """The organs that are compared, of one of the two maps.

    Attributes:
        label_map: `(x, y, z)` label values.
        spacing: Voxel size in mm.
        values: Of the organs, in the order of the other map's.
    """

    label_map: NDArray[Any]
    spacing: Sequence[float]
    values: Sequence[int]

    def thinned(self, grid_mm: float) -> Organs:
        """Return them on an isotropic grid."""
        size = (grid_mm,) * 3
        return Organs(resample_labels(self.label_map, self.spacing, size), size, self.values)


def register(fixed: Organs, moving: Organs, grid_mm: float) -> Alignment:
    """Find where each point of `fixed` lies in `moving`.

    Args:
        fixed: The organs of the map that is to be completed; each has voxels on a grid of `grid_mm / 2`.
        moving: The same organs of the atlas.
        grid_mm: Voxel size that the field is found on.
    """
    thin = fixed.thinned(grid_mm / 2), moving.thinned(grid_mm / 2)
    scale, shift = stretch(*thin)
    cut, origin = around(thin[0])
    maps = [halved(distances(one)) for one in (cut, thin[1])]
    column = (3, 1, 1, 1)
    field = np.zeros((3, *halved(maps[0]).shape[1:]), np.float32)
    for factor, iterations in ITERATIONS.items():
        levels = [halved(one) if factor == 2 else one for one in maps]
        if factor == 1:
            field = _finer(field, levels[0].shape[1:])
        start = scale.reshape(column), (shift + scale * origin).reshape(column)
        field = demons(levels[0], levels[1], grid_mm * factor, start, field, iterations)
    return Alignment(scale, shift, field, origin, grid_mm)


def around(organs: Organs) -> tuple[Organs, NDArray[np.float64]]:
    """Return the part of a map that the field is found on, around the organs, and its first corner `(3,)` mm."""
    voxels = np.argwhere(np.isin(organs.label_map, organs.values))
    margin = np.ceil(MARGIN_MM / np.asarray(organs.spacing)).astype(int)
    low, high = np.maximum(voxels.min(axis=0) - margin, 0), voxels.max(axis=0) + margin + 1
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    return Organs(organs.label_map[box], organs.spacing, organs.values), low * np.asarray(organs.spacing)


def stretch(fixed: Organs, moving: Organs) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return scale and shift `(3,)` that take places in `fixed` to those in `moving`, mm.

    Each organ gives its centre and two points beside it by its size, along every axis; one that an end of its map cuts
    off is left out along z, unless all are.
    """
    found = [
        (_moments(fixed, one), _moments(moving, other)) for one, other in zip(fixed.values, moving.values, strict=True)
    ]
    scale, shift = np.ones(3), np.zeros(3)
    for axis in range(3):
        whole = [pair for pair in found if axis < 2 or not (pair[0].cut or pair[1].cut)] or found
        beside = np.array([-SPREAD, 0.0, SPREAD])
        ours, theirs = (
            np.concatenate([pair[side].centre[axis] + beside * pair[side].sd[axis] for pair in whole])
            for side in (0, 1)
        )
        slope = np.cov(ours, theirs)[0, 1] / max(np.var(ours, ddof=1), 1e-6)
        scale[axis] = np.clip(slope, *STRETCH)
        shift[axis] = theirs.mean() - scale[axis] * ours.mean()
    return scale, shift


@dataclass(frozen=True)
class _Moments:
    """Centre and standard deviation of an organ along each axis, mm, and whether an end of the map cuts it off."""

    centre: NDArray[np.float64]
    sd: NDArray[np.float64]
    cut: bool


def _moments(organs: Organs, value: int) -> _Moments:
    voxels = np.argwhere(organs.label_map == value)
    points = (voxels + 0.5) * np.asarray(organs.spacing)
    ends = voxels[:, 2].min() == 0 or voxels[:, 2].max() == organs.label_map.shape[2] - 1
    return _Moments(points.mean(axis=0), points.std(axis=0), bool(ends))


def distances(organs: Organs) -> Array:
    """Return the signed distance to each organ, `(organ, x, y, z)` mm, negative inside, clipped at 40 mm."""
    from scipy.ndimage import distance_transform_edt

    shape = organs.label_map.shape
    found = np.full((len(organs.values), *shape), REACH_MM, np.float32)
    margin = int(np.ceil(REACH_MM / organs.spacing[0]))
    for channel, value in zip(found, organs.values, strict=True):
        mask = organs.label_map == value
        voxels = np.argwhere(mask)
        low, high = np.maximum(voxels.min(axis=0) - margin, 0), voxels.max(axis=0) + margin + 1
        box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        outside = distance_transform_edt(~mask[box], organs.spacing)
        inside = distance_transform_edt(mask[box], organs.spacing)
        channel[box] = np.clip(outside - inside, -REACH_MM, REACH_MM)
    return found


def halved(maps: Array) -> Array:
    """Return channels on a grid of twice the voxel size, `(channel, x, y, z)`; the mean of eight voxels each."""
    padded = np.pad(maps, [(0, 0), *((0, n % 2) for n in maps.shape[1:])], mode="edge")
    channels, x, y, z = padded.shape
    return padded.reshape(channels, x // 2, 2, y // 2, 2, z // 2, 2).mean(axis=(2, 4, 6)).astype(np.float32)


def _finer(field: Array, shape: Sequence[int]) -> Array:
    """Return a field on a grid of half the voxel size."""
    return np.stack([_sampled(one, _centres(shape, 1.0) / 2.0) for one in field])


def _centres(shape: Sequence[int], size: float) -> Array:
    """Return the places of voxels `(3, x, y, z)` from the first corner."""
    return ((np.indices(tuple(shape), dtype=np.float32) + 0.5) * size).astype(np.float32)


def _sampled(array: Array, places: Array) -> Array:
    """Return an array at places in voxels from the first corner, linear, the border repeated."""
    from scipy.ndimage import map_coordinates

    found: Array = map_coordinates(array, places - 0.5, order=1, mode="nearest")
    return found


def demons(fixed: Array, moving: Array, size: float, start: tuple[Any, Any], field: Array, iterations: int) -> Array:
    """Return a field that takes the distances of `moving` to those of `fixed`.

    Args:
        fixed: `(organ, x, y, z)` mm, signed.
        moving: The same of the other map, on a grid of its own.
        size: Voxel size of both, mm.
        start: Scale and shift, `(3, 1, 1, 1)`, before the field.
        field: `(3, x, y, z)` mm to begin with.
        iterations: How often it is improved.
    """
    from scipy.ndimage import gaussian_filter

    points, (scale, shift) = _centres(fixed.shape[1:], size), start
    for _ in range(iterations):
        places = (scale * points + shift + field) / size
        push, weight = np.zeros_like(field), np.zeros(field.shape[1:], np.float32)
        for ours, theirs in zip(fixed, moving, strict=True):
            warped = _sampled(theirs, places.astype(np.float32))
            off, slope = ours - warped, np.array(np.gradient(warped, size))
            push += off * slope
            weight += (slope**2).sum(axis=0) + (off / REACH_MM) ** 2
        update = push / np.maximum(weight, 1e-3)
        update *= np.minimum(1.0, LARGEST_UPDATE * size / np.maximum(np.sqrt((update**2).sum(axis=0)), 1e-6))
        update = np.stack([gaussian_filter(one, SMOOTHING[0]) for one in update])
        there = ((points + update) / size).astype(np.float32)
        field = np.stack([_sampled(one, there) for one in field]) + (scale * update).astype(np.float32)
        field = np.stack([gaussian_filter(one, SMOOTHING[1]) for one in field]).astype(np.float32)
    return field


def warped(label_map: NDArray[Any], spacing: Sequence[float], alignment: Alignment, fixed: Organs) -> NDArray[Any]:
    """Return a label map brought onto the grid of another one, by the nearest voxel; 0 where it does not reach.

    Args:
        label_map: `(x, y, z)` label values of the atlas.
        spacing: Its voxel size in mm.
        alignment: Of the other map with it.
        fixed: The other map.
    """
    shape, sizes = fixed.label_map.shape, np.reshape(spacing, (3, 1, 1, 1))
    found = np.zeros(shape, label_map.dtype)
    for start in range(0, shape[2], 32):
        sections = slice(start, min(start + 32, shape[2]))
        index = np.floor(alignment.places(shape, fixed.spacing, sections) / sizes).astype(np.int32)
        inside = np.all([(one >= 0) & (one < n) for one, n in zip(index, label_map.shape, strict=True)], axis=0)
        view = found[:, :, sections]
        view[inside] = label_map[tuple(one[inside] for one in index)]
    return found
