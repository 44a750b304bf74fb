"""Sub-classes voxel by voxel: levels of HU or of a smooth random field in each organ, and what becomes of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from labelct.synthesis.kernels import FIRST_HU, HU_LEVELS
from labelct.synthesis.kernels.arrays.fields import Nodes, draw_nodes
from labelct.synthesis.kernels.tensors.parts import bounding_boxes
from labelct.synthesis.kernels.tensors.value_noise import Cells, between
from labelct.synthesis.kernels.tensors.voxels import counts_of, host, like, read, slabs

Levels = NDArray[np.uint16]


def hu_levels(ct: Tensor) -> Tensor:
    """Return HU as numbers from 0 to 4095."""
    return (ct.round() - FIRST_HU).clamp(0, HU_LEVELS - 1).to(torch.int16)


def blob_levels(
    parts: Tensor, row: Levels, spacing: Sequence[float], control_point_spacing_mm: float, seeds: Sequence[int]
) -> tuple[Tensor, NDArray[np.int64]]:
    """Return the level of each organ's field at its voxels, and how many of its voxels have each level."""
    nodes = draw_nodes(bounding_boxes(parts, len(row)), row, spacing, control_point_spacing_mm, seeds)
    levels = torch.zeros_like(parts, dtype=torch.int16)
    for part in np.flatnonzero(row).tolist():
        _fill_organ(levels, parts, part, int(row[part]), nodes)
    return levels, count_levels(parts, row, levels, len(seeds) + 1)


def _fill_organ(levels: Tensor, parts: Tensor, part: int, organ: int, nodes: Nodes) -> None:
    """Write the levels of one organ, in its box."""
    low, high = nodes.boxes[organ, :3], nodes.boxes[organ, 3:]
    if not high[0]:
        return
    own = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    drawn = nodes.values[nodes.offset[organ] : nodes.offset[organ + 1]].reshape(nodes.size[organ])
    axes = [
        _cells(np.arange(a, b) * step, first, parts)
        for a, b, step, first in zip(low, high, nodes.step, nodes.first[organ], strict=True)
    ]
    lines, numbers, found = between(like(drawn, parts), axes[2], 2), parts[own], levels[own]
    for slab in slabs(numbers.shape):
        value = _between_lines(lines, (axes[0][0][slab], axes[0][1][slab]), axes[1])
        level = (value * HU_LEVELS).to(torch.int16).clamp_(max=HU_LEVELS - 1)
        found[slab] = torch.where(numbers[slab] == part, level, found[slab])


def _cells(points: NDArray[np.float64], first: Any, reference: Tensor) -> Cells:
    """Return the control point below each place along an axis, and the faded share of the one above."""
    below = points.astype(np.int64)
    share = points - below
    return like(below - first, reference), like(share * share * (3 - 2 * share), reference)


def _between_lines(lines: Tensor, x: Cells, y: Cells) -> Tensor:
    """Return the values between the four lines along z around each column, added in the order of the corners."""
    value = torch.zeros(1, dtype=torch.float64, device=lines.device)
    for corner in range(4):
        p, q = corner >> 1, corner & 1
        share = (x[1] if p else 1 - x[1])[:, None] * (y[1] if q else 1 - y[1])[None, :]
        value = value + share[:, :, None] * lines.index_select(0, x[0] + p).index_select(1, y[0] + q)
    return value


def count_levels(label_map: Tensor, row: Levels, levels: Tensor, rows: int) -> NDArray[np.int64]:
    """Return how many voxels of each row's organ have each level."""
    organ = like(row, label_map)
    counts = torch.zeros(rows * HU_LEVELS, dtype=torch.int64, device=label_map.device)
    for slab in slabs(label_map.shape):
        counts += counts_of(read(organ, label_map[slab]) * HU_LEVELS + levels[slab], len(counts))
    counted: NDArray[np.int64] = host(counts).reshape(rows, HU_LEVELS)
    return counted


def renumber(parts: Tensor, row: Levels, levels: Tensor, table: Levels) -> None:
    """Give the voxels of the organs the number that `table` has for organ and level, in place."""
    organs, numbers = like(row, parts), like(table.reshape(-1), parts)
    for slab in slabs(parts.shape):
        organ = read(organs, parts[slab])
        found = read(numbers, organ * HU_LEVELS + levels[slab]).to(parts.dtype)
        parts[slab] = torch.where(organ > 0, found, parts[slab])
