"""Cone beams rebinned to wedges and filtered with the ramp, on the device."""

# mypy: allow-untyped-defs, allow-incomplete-defs

import numpy as np
import torch
import triton
import triton.language as tl
from numpy.typing import NDArray
from torch import Tensor

from labelct.scanner import filter as ramp_filter
from labelct.scanner.backends.cuda.blocks import Blocks, place
from labelct.scanner.backends.cuda.device import table
from labelct.scanner.backends.cuda.memory import SAMPLES_AT_ONCE
from labelct.scanner.chunked_reconstruction import Reconstruction
from labelct.scanner.wedge import Wedge, bands, sources, thickness_weights

VARYING = ["start", "count", "channels", "rows"]


@triton.jit(do_not_specialize=VARYING)
def rebin_kernel(cone, out, places, weights, start, count, channels, rows, RAYS: tl.constexpr, ROWS: tl.constexpr):
    """Interpolate 4 views x 4 channels for every ray.

    Args:
        cone: Some views of the scan, `(view, channel, row)`.
        out: `(direction, ray, row)`.
        places: First of four views, relative to the direction's number, and of four channels, `(2, ray)`.
        weights: Of the four views and the four channels, `(2, ray, 4)`.
        start: Number of the direction `out[0]` less the number of the view `cone[0]`.
        count: Rays of all directions.
        channels, rows: Of a view, and of a direction.
        RAYS, ROWS: Of a program.
    """
    line, row = place(rows, RAYS, ROWS)
    real = (line < count)[:, None] & (row < rows)[None, :]
    ray = line % channels
    view = line // channels + start + tl.load(places + ray)
    corner = (view.to(tl.int64) * channels + tl.load(places + channels + ray)) * rows
    weights += ray * 4
    total = tl.zeros([RAYS, ROWS], tl.float32)
    for i in tl.static_range(4):
        across = tl.zeros([RAYS, ROWS], tl.float32)
        for j in tl.static_range(4):
            here = cone + (corner + (i * channels + j) * rows)[:, None] + row[None, :]
            across += tl.load(weights + channels * 4 + j)[:, None] * tl.load(here, mask=real, other=0.0)
        total += tl.load(weights + i)[:, None] * across
    tl.store(out + line.to(tl.int64)[:, None] * rows + row[None, :], total, mask=real)


@triton.jit(do_not_specialize=["count", "rows", "widest"])
def mix_kernel(lines, out, mix, bands, count, rows, widest, RAYS: tl.constexpr, ROWS: tl.constexpr):
    """Mix the rows of every ray.

    Args:
        lines: `(direction, ray, row)`.
        out: The same, written.
        mix: `(row, row)`, new rows by old ones.
        bands: First and last old row of each new row, `(row, 2)`.
        count: Rays of all directions.
        rows: Of a ray.
        widest: Most old rows of a new one.
        RAYS, ROWS: Of a program.
    """
    line, row = place(rows, RAYS, ROWS)
    real = (line < count)[:, None] & (row < rows)[None, :]
    start = line.to(tl.int64)[:, None] * rows
    first = tl.load(bands + row * 2, mask=row < rows, other=0)
    stop = tl.load(bands + row * 2 + 1, mask=row < rows, other=0)
    total = tl.zeros([RAYS, ROWS], tl.float32)
    for number in range(widest):
        old = first + number
        weight = tl.load(mix + row * rows + old, mask=old < stop, other=0.0)
        total += weight[None, :] * tl.load(lines + start + old[None, :], mask=real & (old < stop)[None, :], other=0.0)
    tl.store(out + start + row[None, :], total, mask=real)


def rebinned(cone: Tensor, first: int, count: int, wedge: Wedge) -> Tensor:
    """Return parallel rays of `count` directions, `(direction, u, row)`; arguments as for `filtered_wedge`."""
    _, channels, rows = cone.shape
    view, view_weight, channel, channel_weight = sources(wedge)
    places = table(np.stack([view, channel]).astype(np.int32))
    weights = table(np.stack([view_weight, channel_weight]))
    out = torch.empty((count, channels, rows), device=cone.device)
    blocks = Blocks.of(count * channels, rows)
    rebin_kernel[blocks.grid](cone, out, places, weights, first, count * channels, channels, rows, **blocks.options)
    return out


def mixed(lines: Tensor, mix: NDArray[np.float32]) -> Tensor:
    """Return `(direction, u, row)` rays whose rows are mixed by `wedge.thickness_weights`."""
    directions, channels, rows = lines.shape
    ranges = bands(mix)
    widest = int((ranges[:, 1] - ranges[:, 0]).max())
    out, blocks = torch.empty_like(lines), Blocks.of(directions * channels, rows)
    numbers = (directions * channels, rows, widest)
    mix_kernel[blocks.grid](lines, out, table(mix), table(ranges.astype(np.int32)), *numbers, **blocks.options)
    return out


def ramp_filtered(projections: Tensor, response: Tensor, length: int) -> Tensor:
    """Filter `(view, u, row)` projections along u in place, with a `filter.ramp` for transforms of a length."""
    channels, rows = projections.shape[1:]
    at_once = max(1, SAMPLES_AT_ONCE // (length * rows))
    for start in range(0, len(projections), at_once):
        part = projections[start : start + at_once]
        spectrum = torch.fft.rfft(part, n=length, dim=1)
        spectrum *= response[:, None]
        part.copy_(torch.fft.irfft(spectrum, n=length, dim=1)[:, :channels])
    return projections


def filtered_wedge(cone: Tensor, first: int, count: int, what: Reconstruction) -> Tensor:
    """Return rebinned and filtered projections.

    Args:
        cone: Views `(view, channel, row)` around the wanted directions, the wedge's `margin` more on either side.
        first: Directions that `cone[0]` lies before the first wanted one.
        count: Wanted directions.
        what: Geometry, kernel of the filter and thickness of the slices.

    Returns:
        `(direction, u, row)` in 1/mm.
    """
    wedge, channels = what.wedge, what.wedge.helix.channels
    length = ramp_filter.fast_length(channels)
    response = table(ramp_filter.ramp(what.settings.kernel, channels, wedge.spacing))
    lines = mixed(rebinned(cone, first, count, wedge), thickness_weights(wedge.helix, what.thickness))
    return ramp_filtered(lines, response, length)
