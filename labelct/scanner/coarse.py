"""The coarse projections from which `mode=noise_only` takes the variance of the noise.

Everything after the logarithm is linear, so the image of a noisy scan is the image of the clean scan plus the image
of the noise; and the noise's variance, `1 / N`, varies slowly. Large voxels and few, wide rays give it.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from labelct.scanner.geometry import Grid, Helix
from labelct.scanner.settings import CoarseSettings


def shrink(volume: NDArray[np.float32], grid: Grid, voxel: float, fill: float) -> tuple[NDArray[np.float32], Grid]:
    """Return means over blocks of whole voxels of about `voxel` mm, and their grid.

    Args:
        volume: `(x, y, z)`.
        grid: Its grid.
        voxel: Size of the blocks in mm.
        fill: What in-plane blocks that reach over the edge are filled up with; slices are repeated.
    """
    factors = [max(1, round(voxel / step)) for step in grid.spacing]
    missing = [-count % factor for count, factor in zip(grid.shape, factors, strict=True)]
    full = np.pad(volume, ((0, missing[0]), (0, missing[1]), (0, 0)), constant_values=fill)
    full = np.pad(full, ((0, 0), (0, 0), (0, missing[2])), mode="edge")
    counts = [count // factor for count, factor in zip(full.shape, factors, strict=True)]
    blocks = full.reshape(counts[0], factors[0], counts[1], factors[1], counts[2], factors[2])
    x, y, z = (first + (f - 1) / 2 * step for first, f, step in zip(grid.origin, factors, grid.spacing, strict=True))
    dx, dy, dz = (f * step for f, step in zip(factors, grid.spacing, strict=True))
    shape = (counts[0], counts[1], counts[2])
    return blocks.mean(axis=(1, 3, 5), dtype=np.float32), Grid(shape, (dx, dy, dz), (x, y, z))


def coarse_helix(helix: Helix, coarse: CoarseSettings) -> Helix:
    """Return the same scan with fewer, wider cells and fewer views, never finer than it was."""
    channels, rows = min(coarse.channels, helix.channels), min(coarse.rows, helix.rows)
    per_turn = min(coarse.views, helix.views_per_turn)
    return replace(
        helix,
        channels=channels,
        channel_pitch=helix.channel_pitch * helix.channels / channels,
        channel_offset=helix.channel_offset * channels / helix.channels,
        rows=rows,
        row_pitch=helix.row_pitch * helix.rows / rows,
        views_per_turn=per_turn,
        views=math.ceil((helix.views - 1) * per_turn / helix.views_per_turn) + 1,
    )


def _between(positions: NDArray[np.float64], count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    inside = np.clip(positions, 0, count - 1)
    low = np.minimum(inside.astype(np.int64), count - 2)
    return low, (inside - low).astype(np.float32)


def _along(values: NDArray[np.float32], axis: int, positions: NDArray[np.float64]) -> NDArray[np.float32]:
    """Interpolate linearly along one axis; the ends hold on."""
    low, weight = _between(positions, values.shape[axis])
    weight = weight.reshape([-1 if number == axis else 1 for number in range(values.ndim)])
    below, above = np.take(values, low, axis), np.take(values, low + 1, axis)
    return below + weight * (above - below)


def refine(values: NDArray[np.float32], coarse: Helix, helix: Helix, start: int, stop: int) -> NDArray[np.float32]:
    """Return coarse line integrals interpolated to the rays of some views of the scan itself.

    Args:
        values: Of `coarse`, `(view, channel, row)`.
        coarse: From `coarse_helix`.
        helix: The scan.
        start: First view.
        stop: View after the last.
    """
    view = np.arange(start, stop) * (coarse.views_per_turn / helix.views_per_turn)
    first, last = math.floor(view[0]), min(math.ceil(view[-1]) + 2, len(values))
    first = min(first, last - 2)
    part = _along(values[first:last], 0, view - first)
    part = _along(part, 1, (helix.gamma - coarse.gamma[0]) / coarse.channel_pitch)
    return _along(part, 2, (helix.v - coarse.v[0]) / coarse.row_pitch)
