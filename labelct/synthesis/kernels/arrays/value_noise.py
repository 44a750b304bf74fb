"""Smooth random fields on a lattice: where inner fat lies and which loops of bowel hold gas."""

from collections.abc import Sequence

import numba
import numpy as np
from numpy.typing import NDArray

Lattice = NDArray[np.float32]


def draw_lattice(shape: Sequence[int], spacing: Sequence[float], control_point_spacing_mm: float, seed: int) -> Lattice:
    """Draw independent uniform values on a lattice of `control_point_spacing_mm` that covers a grid.

    Args:
        shape: Voxels `(x, y, z)` of the grid.
        spacing: Voxel size in mm.
        control_point_spacing_mm: Distance of the lattice points.
        seed: Seed of the values; equal seeds give equal fields.

    Returns:
        `(i, j, k)` float32 in [0, 1).
    """
    points = [int(np.ceil(n * s / control_point_spacing_mm)) + 2 for n, s in zip(shape, spacing, strict=True)]
    return np.random.default_rng(seed).random(points, dtype=np.float32)


@numba.njit(cache=True, nogil=True, inline="always")
def value_at(lattice: Lattice, i: float, j: float, k: float) -> float:
    """Return the trilinear value of `lattice` at `(i, j, k)` in lattice units."""
    a, b, c = int(i), int(j), int(k)
    u, v, w = i - a, j - b, k - c
    near = (lattice[a, b, c] * (1 - w) + lattice[a, b, c + 1] * w) * (1 - v)
    near += (lattice[a, b + 1, c] * (1 - w) + lattice[a, b + 1, c + 1] * w) * v
    far = (lattice[a + 1, b, c] * (1 - w) + lattice[a + 1, b, c + 1] * w) * (1 - v)
    far += (lattice[a + 1, b + 1, c] * (1 - w) + lattice[a + 1, b + 1, c + 1] * w) * v
    return near * (1 - u) + far * u


@numba.njit(cache=True, nogil=True)
def values_at(lattice: Lattice, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values of `lattice` at `points`, `(n, 3)` in lattice units."""
    found = np.empty(len(points))
    for n in range(len(points)):
        found[n] = value_at(lattice, points[n, 0], points[n, 1], points[n, 2])
    return found


def level_below_which(lattice: Lattice, fraction: float) -> float:
    """Return the level that `fraction` of the interpolated field lies below (estimated from 4096 points)."""
    if fraction <= 0.0:
        return -1.0
    points = np.random.default_rng(0).random((4096, 3)) * (np.array(lattice.shape) - 1.001)
    return float(np.quantile(values_at(lattice, points), fraction))
