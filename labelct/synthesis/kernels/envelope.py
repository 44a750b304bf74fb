"""A body envelope voxel by voxel: its layers, and fat and soft tissue within its cavity."""

import numba
import numpy as np
from numpy.typing import NDArray

from labelct.synthesis.envelope import CAVITY, DIRECTIONS, SHELL, WALL
from labelct.synthesis.kernels.value_noise import Lattice, value_at

Layers = NDArray[np.uint8]


@numba.njit(cache=True, nogil=True)
def rasterise(
    layers: Layers,
    start: int,
    stop: int,
    cavity: NDArray[np.float32],
    wall: NDArray[np.float32],
    skin: NDArray[np.float32],
    geometry: NDArray[np.float64],
) -> None:
    """Write the layers of the planes `start` to `stop`; the radii are `(direction, z)` in mm, to be interpolated."""
    sx, sy, cx, cy = geometry
    for x in range(start, stop):
        for y in range(layers.shape[1]):
            dx, dy = x * sx - cx, y * sy - cy
            radius = np.sqrt(dx * dx + dy * dy)
            turn = (np.arctan2(dy, dx) / (2 * np.pi)) % 1.0 * DIRECTIONS
            a = int(turn) % DIRECTIONS
            b, w = (a + 1) % DIRECTIONS, turn - int(turn)
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
def marble(classes: Layers, start: int, stop: int, lattice: Lattice, level: float, step: NDArray[np.float64]) -> None:
    """Part the cavity into fat and soft tissue, in place; shell and wall have the numbers of theirs already."""
    for x in range(start, stop):
        for y in range(classes.shape[1]):
            for z in range(classes.shape[2]):
                if classes[x, y, z] == CAVITY:
                    inner = value_at(lattice, x * step[0], y * step[1], z * step[2])
                    classes[x, y, z] = 1 if inner < level else 2
