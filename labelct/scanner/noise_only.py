"""The coarse projections from which `mode=noise_only` takes the variance of the noise.

Everything after the logarithm is linear, so the image of a noisy scan is the image of the clean scan plus the image
of the noise; and the noise's variance, `1 / N`, varies slowly. Large voxels and few, wide rays give it.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from labelct.scanner.chunked_reconstruction import Views
from labelct.scanner.geometry import Array, Grid, Helix
from labelct.scanner.operations import Values, operations_of
from labelct.scanner.settings import NoiseOnlySettings


def shrink(attenuation: Values, grid: Grid, voxel: float) -> tuple[Values, Grid]:
    """Return means over blocks of whole voxels of about `voxel` mm, and their grid.

    Blocks that reach over the edge are filled up with air in the plane, with repeated slices along z.

    Args:
        attenuation: `(x, y, z)` in 1/mm, an array or a tensor.
        grid: Its grid.
        voxel: Size of the blocks in mm.
    """
    factors = [max(1, round(voxel / step)) for step in grid.spacing]
    means = operations_of(attenuation).block_means(attenuation, factors)
    x, y, z = (first + (f - 1) / 2 * step for first, f, step in zip(grid.origin, factors, grid.spacing, strict=True))
    dx, dy, dz = (f * step for f, step in zip(factors, grid.spacing, strict=True))
    nx, ny, nz = means.shape
    return means, Grid((nx, ny, nz), (dx, dy, dz), (x, y, z))


def coarse_helix(helix: Helix, coarse: NoiseOnlySettings) -> Helix:
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


def neighbours(positions: NDArray[np.float64], count: int) -> tuple[NDArray[np.int64], Array]:
    """Return the lower one of the two of `count` values that each position lies between, and the upper one's weight."""
    inside = np.clip(positions, 0, count - 1)
    low = np.minimum(inside.astype(np.int64), count - 2)
    return low, (inside - low).astype(np.float32)


def refined(
    coarse: Values, coarse_helix: Helix, helix: Helix, along: Callable[[Values, int, NDArray[np.float64]], Values]
) -> Views:
    """Return the views of a scan interpolated from coarse ones; see `Backend.refine`.

    Args:
        coarse: Line integrals of `coarse_helix`, `(view, channel, row)`.
        coarse_helix: From `coarse_helix`.
        helix: The scan.
        along: Interpolates linearly along one axis, at positions in values; the ends hold on.
    """

    def views(start: int, stop: int) -> Values:
        view = np.arange(start, stop) * (coarse_helix.views_per_turn / helix.views_per_turn)
        first, last = math.floor(view[0]), min(math.ceil(view[-1]) + 2, len(coarse))
        first = min(first, last - 2)
        part = along(coarse[first:last], 0, view - first)
        part = along(part, 1, (helix.gamma - coarse_helix.gamma[0]) / coarse_helix.channel_pitch)
        return along(part, 2, (helix.v - coarse_helix.v[0]) / coarse_helix.row_pitch)

    return views
