"""Cone beams rebinned to wedges and filtered with the ramp, some directions a task."""

# mypy: allow-untyped-defs, allow-incomplete-defs

import math

import numba
import numpy as np

from labelct.scanner import filter as ramp_filter
from labelct.scanner.backends.numba.simd_interpolation import COMPILE
from labelct.scanner.chunked_reconstruction import Reconstruction
from labelct.scanner.geometry import Array
from labelct.scanner.wedge import bands, sources, thickness_weights
from labelct.threads import over

VIEWS_PER_TASK = 16  # adjacent directions, which share most of their views


@numba.njit(**COMPILE)
def _rebin(cone, first, view_index, view_weight, channel_index, channel_weight, mix, bands, out):
    """Interpolate 4 views x 4 channels for every ray and mix the rows.

    Args:
        cone: Some views of the scan, `(view, channel, row)`.
        first: Direction number of `out[0]` less the number of the view `cone[0]`.
        view_index: Per ray, the first of its four views relative to the direction's number.
        view_weight: `(ray, 4)`.
        channel_index: Per ray, the first of its four channels.
        channel_weight: `(ray, 4)`.
        mix: `(row, row)`.
        bands: First and last old row of each new row, `(row, 2)`.
        out: `(direction, ray, rows filled up)`.
    """
    rows, filled = cone.shape[2], out.shape[2]
    line = np.zeros(rows, np.float32)
    for direction in range(out.shape[0]):
        for ray in range(out.shape[1]):
            line[:] = 0.0
            for i in range(4):
                view = first + direction + view_index[ray] + i
                for j in range(4):
                    weight = view_weight[ray, i] * channel_weight[ray, j]
                    source = cone[view, channel_index[ray] + j]
                    for row in range(rows):
                        line[row] += weight * source[row]
            for row in range(rows):
                total = np.float32(0.0)
                for old in range(bands[row, 0], bands[row, 1]):
                    total += mix[row, old] * line[old]
                out[direction, ray, row] = total
            for row in range(rows, filled):
                out[direction, ray, row] = out[direction, ray, rows - 1]


def ramp_filtered(projections: Array, response: Array, length: int) -> Array:
    """Return `(view, u, row)` projections filtered along u with a `filter.ramp` for transforms of a length."""
    from scipy.fft import irfft, rfft

    spectrum = rfft(projections, n=length, axis=1)
    spectrum *= response[:, None]
    filtered: Array = irfft(spectrum, n=length, axis=1, overwrite_x=True)
    return filtered[:, : projections.shape[1]]


def filtered_wedge(cone: Array, first: int, count: int, what: Reconstruction) -> Array:
    """Return rebinned and filtered projections.

    Args:
        cone: Views `(view, channel, row)` around the wanted directions, the wedge's `margin` more on either side.
        first: Directions that `cone[0]` lies before the first wanted one.
        count: Wanted directions.
        what: Geometry, kernel of the filter and thickness of the slices.

    Returns:
        `(direction, u, row)` with rows filled up to a multiple of 16, in 1/mm.
    """
    wedge = what.wedge
    channels = wedge.helix.channels
    rays = sources(wedge)
    mix = thickness_weights(wedge.helix, what.thickness)
    ranges = bands(mix)
    length = ramp_filter.fast_length(channels)
    response = ramp_filter.ramp(what.settings.kernel, channels, wedge.spacing)
    result = np.empty((count, channels, wedge.rows), np.float32)

    def task(number: int) -> None:
        start = number * VIEWS_PER_TASK
        part = result[start : start + VIEWS_PER_TASK]
        _rebin(cone, first + start, *rays, mix, ranges, part)
        part[:] = ramp_filtered(part, response, length)

    over(task, math.ceil(count / VIEWS_PER_TASK))
    return result
