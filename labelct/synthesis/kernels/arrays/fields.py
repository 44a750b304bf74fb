"""Sub-classes voxel by voxel: levels of HU or of a smooth random field in each organ, and what they are renumbered to.

A counter gives the values of the fields, no state.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from labelct.synthesis.kernels import FIRST_HU, HU_LEVELS
from labelct.synthesis.kernels.arrays.parts import bounding_boxes, scramble
from labelct.threads import over_chunks

Levels = NDArray[np.uint16]


def hu_levels(ct: NDArray[Any]) -> Levels:
    """Return HU as numbers from 0 to 4095."""
    return np.clip(np.rint(ct) - FIRST_HU, 0, HU_LEVELS - 1).astype(np.uint16)


@dataclass(frozen=True)
class Nodes:
    """The control points of the fields of some organs, each in its bounding box.

    Control points are numbered over all of space: a field depends neither on the organ's box nor on the other organs.

    Attributes:
        values: Of all control points, flat, the first number of every organ in `offset`; uniform in [0, 1).
        offset: `(organs + 2,)`; organs are numbered from 1.
        first: `(organs + 1, 3)` number of the first control point in space.
        size: `(organs + 1, 3)` control points.
        step: Voxel size in control points.
        boxes: `(organs + 1, 6)` first and one past the last voxel of every organ.
    """

    values: NDArray[np.float32]
    offset: NDArray[np.int64]
    first: NDArray[np.int64]
    size: NDArray[np.int64]
    step: NDArray[np.float64]
    boxes: NDArray[np.int64]


def draw_nodes(
    found: NDArray[np.int64],
    row: Levels,
    spacing: Sequence[float],
    control_point_spacing_mm: float,
    seeds: Sequence[int],
) -> Nodes:
    """Draw the control points of the fields of some organs.

    Args:
        found: `bounding_boxes` of the parts.
        row: For each part 0, or the number of the organ, from 1.
        spacing: Voxel size in mm.
        control_point_spacing_mm: Distance of the control points.
        seeds: One for each organ.
    """
    step, boxes = np.array(spacing, float) / control_point_spacing_mm, np.zeros((len(seeds) + 1, 6), np.int64)
    found[found[:, 3] == 0] = 0
    boxes[row[row > 0]] = found[row > 0]
    first = np.floor(boxes[:, :3] * step).astype(np.int64)
    size = np.floor(boxes[:, 3:] * step).astype(np.int64) - first + 2
    offset = np.concatenate([[0], np.cumsum(size.prod(axis=1))])
    values = np.empty(int(offset[-1]), np.float32)
    _draw_nodes(values, offset, first, size, np.array([0, *seeds], np.uint64))
    return Nodes(values, offset, first, size, step, boxes)


def blob_levels(
    parts: Levels, row: Levels, spacing: Sequence[float], control_point_spacing_mm: float, seeds: Sequence[int]
) -> tuple[Levels, NDArray[np.int64]]:
    """Return the level of each organ's field at its voxels, and how many of its voxels have each level."""
    nodes = draw_nodes(bounding_boxes(parts, len(row)), row, spacing, control_point_spacing_mm, seeds)
    fixed = (nodes.values, nodes.offset, nodes.first, nodes.size, nodes.step)
    levels = np.zeros(parts.shape, np.uint16)
    chunk = lambda a, b: _read_levels(parts, row, *fixed, levels, a, b)  # noqa: E731
    return levels, np.sum(over_chunks(chunk, len(parts)), axis=0, dtype=np.int64)


@numba.njit(cache=True, nogil=True, inline="always")
def _fade(share: float) -> float:
    return share * share * (3 - 2 * share)


@numba.njit(cache=True, nogil=True)
def _draw_nodes(nodes: Any, offset: Any, first: Any, size: Any, seeds: Any) -> None:
    for organ in range(1, len(size)):
        seed, node = scramble(seeds[organ], np.uint64(0)), offset[organ]
        for a in range(first[organ, 0], first[organ, 0] + size[organ, 0]):
            for b in range(first[organ, 1], first[organ, 1] + size[organ, 1]):
                for c in range(first[organ, 2], first[organ, 2] + size[organ, 2]):
                    number = scramble(seed, np.uint64((a << 42) | (b << 21) | c))
                    nodes[node] = np.float32(number >> np.uint64(40)) / np.float32(1 << 24)
                    node += 1


@numba.njit(cache=True, nogil=True)
def _read_levels(
    parts: Levels,
    row: Levels,
    nodes: Any,
    offset: Any,
    first: Any,
    size: Any,
    step: Any,
    levels: Levels,
    start: int,
    stop: int,
) -> NDArray[np.int32]:
    counts = np.zeros((len(size), HU_LEVELS), np.int32)
    for x in range(start, stop):
        for y in range(parts.shape[1]):
            for z in range(parts.shape[2]):
                organ = row[parts[x, y, z]]
                if organ == 0:
                    continue
                i, j, k = x * step[0], y * step[1], z * step[2]
                a, b, c = int(i), int(j), int(k)
                u, v, w = _fade(i - a), _fade(j - b), _fade(k - c)
                deep = size[organ, 2]
                plane = size[organ, 1] * deep
                node = (
                    offset[organ] + (a - first[organ, 0]) * plane + (b - first[organ, 1]) * deep + c - first[organ, 2]
                )
                value = 0.0
                for corner in range(4):
                    p, q = corner >> 1, corner & 1
                    line = node + p * plane + q * deep
                    share = (u if p else 1 - u) * (v if q else 1 - v)
                    value += share * (nodes[line] * (1 - w) + nodes[line + 1] * w)
                levels[x, y, z] = min(int(value * HU_LEVELS), HU_LEVELS - 1)
                counts[organ, levels[x, y, z]] += 1
    return counts


@numba.njit(cache=True, nogil=True)
def count_levels(label_map: Any, row: Levels, levels: Levels, rows: int) -> NDArray[np.int64]:
    """Return how many voxels of each row's organ have each level."""
    counts = np.zeros((rows, HU_LEVELS), np.int64)
    for x in range(label_map.shape[0]):
        for y in range(label_map.shape[1]):
            for z in range(label_map.shape[2]):
                counts[row[label_map[x, y, z]], levels[x, y, z]] += 1
    return counts


def renumber(parts: Levels, row: Levels, levels: Levels, table: Levels) -> None:
    """Give the voxels of the organs the number that `table` has for organ and level, in place."""
    over_chunks(lambda start, stop: _renumber(parts, row, levels, table, start, stop), len(parts))


@numba.njit(cache=True, nogil=True)
def _renumber(parts: Levels, row: Levels, levels: Levels, table: Levels, start: int, stop: int) -> None:
    for x in range(start, stop):
        for y in range(parts.shape[1]):
            for z in range(parts.shape[2]):
                organ = row[parts[x, y, z]]
                if organ:
                    parts[x, y, z] = table[organ, levels[x, y, z]]
