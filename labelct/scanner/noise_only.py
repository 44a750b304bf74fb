"""The coarse projections from which `mode=noise_only` takes the variance of the noise.

Everything after the logarithm is linear, so the image of a noisy scan is the image of the clean scan plus the image
of the noise; and the noise's variance, `1 / N`, varies slowly. Large voxels and few, wide rays give it.
"""

import math
from dataclasses import replace

from labelct.scanner.geometry import Grid, Helix
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
