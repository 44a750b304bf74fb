"""A body envelope voxel by voxel: its layers, and fat and soft tissue within its cavity."""

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from labelct.synthesis.envelope import CAVITY, DIRECTIONS, SHELL, WALL
from labelct.synthesis.kernels.arrays.value_noise import Lattice, value_at
from labelct.threads import over_chunks

Layers = NDArray[np.uint8]


def rasterise(reference: NDArray[Any], shells: Sequence[NDArray[np.float32]], geometry: NDArray[np.float64]) -> Layers:
    """Return the layers of a body envelope."""
    layers, (cavity, wall, skin) = np.zeros(reference.shape, np.uint8), shells
    over_chunks(lambda start, stop: _rasterise(layers, start, stop, cavity, wall, skin, geometry), len(layers))
    return layers


def marble(layers: Layers, lattice: Lattice, level: float, step: NDArray[np.float64]) -> Layers:
    """Return layers with the cavity parted; shell and wall have the numbers of their tissues already."""
    classes = layers.copy()
    over_chunks(lambda start, stop: _marble(classes, start, stop, lattice, level, step), len(classes))
    return classes


@numba.njit(cache=True, nogil=True, inline="always")
def direction(dx: float, dy: float) -> tuple[float, int, int, float]:
    """Return the distance of a place, the two directions beside it, and the second one's weight."""
    radius = np.sqrt(dx * dx + dy * dy)
    turn = (np.arctan2(dy, dx) / (2 * np.pi)) % 1.0 * DIRECTIONS
    a = int(turn) % DIRECTIONS
    return radius, a, (a + 1) % DIRECTIONS, turn - int(turn)


@numba.njit(cache=True, nogil=True)
def directions(columns: int, rows: int, geometry: NDArray[np.float64]) -> tuple[Any, Any, Any, Any]:
    """Return the four results of `direction` for every place of an axial section, each `(x, y)`."""
    radius, weight = np.empty((columns, rows)), np.empty((columns, rows))
    below, above = np.empty((columns, rows), np.int64), np.empty((columns, rows), np.int64)
    sx, sy, cx, cy = geometry
    for x in range(columns):
        for y in range(rows):
            radius[x, y], below[x, y], above[x, y], weight[x, y] = direction(x * sx - cx, y * sy - cy)
    return radius, below, above, weight


@numba.njit(cache=True, nogil=True)
def _rasterise(
    layers: Layers,
    start: int,
    stop: int,
    cavity: NDArray[np.float32],
    wall: NDArray[np.float32],
    skin: NDArray[np.float32],
    geometry: NDArray[np.float64],
) -> None:
    sx, sy, cx, cy = geometry
    for x in range(start, stop):
        for y in range(layers.shape[1]):
            radius, a, b, w = direction(x * sx - cx, y * sy - cy)
            for z in range(layers.shape[2]):
                if radius > skin[a, z] * (1 - w) + skin[b, z] * w:
                    continue
                if radius > wall[a, z] * (1 - w) + wall[b, z] * w:
                    layers[x, y, z] = SHELL
                elif radius > cavity[a, z] * (1 - w) + cavity[b, z] * w:
                    layers[x, y, z] = WALL
                else:
                    layers[x, y, z] = CAVITY


@numba.njit(cache=True, nogil=True)
def _marble(classes: Layers, start: int, stop: int, lattice: Lattice, level: float, step: NDArray[np.float64]) -> None:
    for x in range(start, stop):
        for y in range(classes.shape[1]):
            for z in range(classes.shape[2]):
                if classes[x, y, z] == CAVITY:
                    inner = value_at(lattice, x * step[0], y * step[1], z * step[2])
                    classes[x, y, z] = 1 if inner < level else 2
