"""The trunk around labels where no CT shows it, voxel by voxel: a cavity in a wall of muscle under a shell of fat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from labelct.synthesis.hull import DIRECTIONS, trunk_shells
from labelct.synthesis.priors import AIR
from labelct.synthesis.slabs import over_slabs

OUTSIDE, SHELL, WALL, CAVITY = range(4)
Layers = NDArray[np.uint8]


def trunk_layers(
    label_map: NDArray[np.integer],
    spacing: Sequence[float],
    names: Mapping[int, str],
    params: Mapping[str, Any],
    threads: int = 1,
) -> Layers:
    """Return the layer of every voxel: 0 outside, 1 shell of fat, 2 wall of muscle, 3 cavity.

    Args:
        label_map: `(x, y, z)` label values; all but air lie in the cavity.
        spacing: Voxel size in mm.
        names: Names of the values.
        params: Of `completion.sample_completion`.
        threads: Threads to spread over.
    """
    air = [value for value, name in names.items() if name == AIR]
    tissue = (label_map > 0) & ~np.isin(label_map, air)
    shells = trunk_shells(tissue, spacing, params["centre_mm"], params)
    cavity, wall, skin = (shell.astype(np.float32) for shell in shells)
    layers = np.zeros(label_map.shape, np.uint8)
    geometry = np.array([*spacing[:2], *params["centre_mm"]])
    over_slabs(lambda start, stop: _rasterise(layers, start, stop, cavity, wall, skin, geometry), len(layers), threads)
    return layers


def trunk_half_axes(labelled: NDArray[np.bool_], spacing: Sequence[float], params: Mapping[str, Any]) -> list[float]:
    """Return how far the trunk around sparse labels reaches from its centre, `[x, y]` mm, skin included.

    Args:
        labelled: `(x, y, z)`, True on labels.
        spacing: Voxel size in mm.
        params: Of `completion.sample_completion`.
    """
    columns = np.nonzero(labelled.any(axis=2))
    drawn = params["half_width_mm"], params["half_depth_mm"]
    rind = params["wall_mm"] + params["fat_mm"]
    reach = []
    for axis, size, centre, half in zip(columns, spacing, params["centre_mm"], drawn, strict=False):
        reach.append(float(max(half, np.abs(axis * size - centre).max(initial=0.0))) + rind)
    return reach


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
