"""A label map or a CT read at the places that an affine map and a displacement field name."""

from collections.abc import Mapping, Sequence
from typing import Any

import numba
import numpy as np
from numba import types
from numba.extending import overload
from numpy.typing import NDArray

from labelct.threads import over_chunks

NODES_PER_CONTROL_POINT = 6  # of the displacement's grid: linear between them is within a hundredth of the spline


def warp(array: NDArray[Any], spacing: Sequence[float], params: Mapping[str, Any], outside: float) -> NDArray[Any]:
    """Deform a label map (nearest voxel) or a CT (linear)."""
    source = np.ascontiguousarray(array[::-1] if params["flip"] else array)
    size = np.array(spacing, float)
    field, step = displacement(source.shape, spacing, params)
    deformed = np.empty_like(source)
    affine, shift = np.array(params["matrix"]), np.array(params["shift_mm"])
    fixed = (source, deformed, source.dtype.type(outside), field, step, affine, shift, size)
    over_chunks(lambda start, stop: _deform(*fixed, start, stop), len(source))
    return deformed


def displacement(
    shape: Sequence[int], spacing: Sequence[float], params: Mapping[str, Any]
) -> tuple[NDArray[np.float32], float]:
    """Return the elastic displacement on a coarse grid, and that grid's node distance.

    Independent normal control points `control_point_spacing_mm` apart, smoothed by the cubic B-spline (Rueckert et al.,
    IEEE TMI 18, 1999); scaled so that each component has the standard deviation `elastic_mm`.

    Args:
        shape: Voxels `(x, y, z)`.
        spacing: Voxel size in mm.
        params: Of `deformation.sample`.

    Returns:
        `(i, j, k, 3)` float32 mm, and the distance of its nodes in mm.
    """
    distance = params["control_point_spacing_mm"]
    step = distance / NODES_PER_CONTROL_POINT
    points = [int(np.ceil(n * s / distance)) + 4 for n, s in zip(shape, spacing, strict=True)]
    field = np.random.default_rng(params["seed"]).standard_normal((*points, 3))
    for axis, (n, s) in enumerate(zip(shape, spacing, strict=True)):
        first, weights = _spline_weights(int(np.ceil(n * s / step)) + 2)
        lines = np.moveaxis(field, axis, 0)
        smooth = sum(weight[:, None, None, None] * lines[first + tap] for tap, weight in enumerate(weights))
        field = np.moveaxis(np.asarray(smooth), 0, axis)
    return np.round(params["elastic_mm"] * field, 4).astype(np.float32), step


def _spline_weights(nodes: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the first of the four control points that each node hears, and their cubic B-spline weights `(4, nodes)`.

    The weights of a node have unit length, so that the variance stays 1.
    """
    first = np.arange(nodes) // NODES_PER_CONTROL_POINT
    distance = np.abs(np.arange(nodes) / NODES_PER_CONTROL_POINT + 1.0 - first - np.arange(4)[:, None])
    near, far = 2 / 3 - distance**2 + distance**3 / 2, (2 - distance) ** 3 / 6
    weights = np.where(distance < 1, near, np.where(distance < 2, far, 0.0))
    return first, weights / np.sqrt((weights**2).sum(axis=0))


@numba.njit(cache=True, nogil=True)
def _depths(shape: Any, step: float, affine: Any, size: Any) -> tuple[Any, Any, Any]:
    """Return, for each voxel along z, the node below it, the upper node's weight and the affine's part `(3, z)`."""
    below, weight, depth = np.empty(shape[2], np.int64), np.empty(shape[2]), np.empty((3, shape[2]))
    for z in range(shape[2]):
        k = z * size[2] / step
        below[z] = int(k)
        weight[z] = k - below[z]
        for d in range(3):
            depth[d, z] = affine[d, 2] * ((z - (shape[2] - 1) / 2) * size[2])
    return below, weight, depth


@numba.njit(cache=True, nogil=True)
def _trace_column(
    x: int,
    y: int,
    shape: Any,
    field: Any,
    step: float,
    affine: Any,
    shift: Any,
    size: Any,
    depths: Any,
    nodes: Any,
    found: Any,
) -> None:
    """Write where the voxels `(x, y, :)` come from, in voxels of the source, into `found` `(3, z)`."""
    below, weight, depth = depths
    i, j = x * size[0] / step, y * size[1] / step
    a, b = int(i), int(j)
    u, v = i - a, j - b
    px, py = (x - (shape[0] - 1) / 2) * size[0], (y - (shape[1] - 1) / 2) * size[1]
    for d in range(3):
        for c in range(field.shape[2]):
            near = field[a, b, c, d] * (1 - v) + field[a, b + 1, c, d] * v
            far = field[a + 1, b, c, d] * (1 - v) + field[a + 1, b + 1, c, d] * v
            nodes[c] = near * (1 - u) + far * u
        row, deep, voxel, moved = found[d], depth[d], size[d], shift[d]
        plane, half = affine[d, 0] * px + affine[d, 1] * py, (shape[d] - 1) / 2
        for z in range(shape[2]):
            row[z] = nodes[below[z]] * (1 - weight[z]) + nodes[below[z] + 1] * weight[z]
        for z in range(shape[2]):
            row[z] = (plane + deep[z] + moved + row[z]) / voxel + half


def _read(source: Any, outside: Any, i: float, j: float, k: float) -> Any:
    """Return what a volume holds at a place in voxels, by the type of its voxels; in compiled kernels only."""
    raise NotImplementedError("for compiled kernels")


@overload(_read, inline="always")
def _read_by_type(source: Any, outside: Any, i: float, j: float, k: float) -> Any:
    def nearest(source: Any, outside: Any, i: float, j: float, k: float) -> Any:
        a, b, c = np.floor(i + 0.5), np.floor(j + 0.5), np.floor(k + 0.5)
        inside = 0 <= a < source.shape[0] and 0 <= b < source.shape[1] and 0 <= c < source.shape[2]
        return source[int(a), int(b), int(c)] if inside else outside

    def linear(source: Any, outside: Any, i: float, j: float, k: float) -> Any:
        a, b, c = int(np.floor(i)), int(np.floor(j)), int(np.floor(k))
        u, v, w = i - a, j - b, k - c
        total = 0.0
        for corner in range(8):
            p, q, r = corner >> 2, (corner >> 1) & 1, corner & 1
            share = (u if p else 1 - u) * (v if q else 1 - v) * (w if r else 1 - w)
            inside = 0 <= a + p < source.shape[0] and 0 <= b + q < source.shape[1] and 0 <= c + r < source.shape[2]
            total += share * (source[a + p, b + q, c + r] if inside else outside)
        return total

    return linear if isinstance(source.dtype, types.Float) else nearest


@numba.njit(cache=True, nogil=True)
def _deform(
    source: Any,
    deformed: Any,
    outside: Any,
    field: Any,
    step: float,
    affine: Any,
    shift: Any,
    size: Any,
    start: int,
    stop: int,
) -> None:
    shape = source.shape
    depths = _depths(shape, step, affine, size)
    nodes, found = np.empty(field.shape[2]), np.empty((3, shape[2]))
    for x in range(start, stop):
        for y in range(shape[1]):
            _trace_column(x, y, shape, field, step, affine, shift, size, depths, nodes, found)
            for z in range(shape[2]):
                deformed[x, y, z] = _read(source, outside, found[0, z], found[1, z], found[2, z])
