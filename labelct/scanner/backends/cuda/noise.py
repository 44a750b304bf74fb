"""Photons as `scanner.noise` says, a block of cells a program."""

# mypy: allow-untyped-defs, allow-incomplete-defs

import math
from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from labelct.scanner.backends.cuda.blocks import Blocks, place
from labelct.scanner.backends.cuda.device import on_device
from labelct.scanner.geometry import Array
from labelct.scanner.noise import ERFINV_CENTRE, ERFINV_SPLIT, ERFINV_TAIL, NORMAL_FROM

SPREAD, SPARE = tl.constexpr(12.0), tl.constexpr(20.0)  # a count above m + 12 sqrt(m) + 20 is rarer than 2^-53
FEW, SPLIT, ROOT = tl.constexpr(NORMAL_FROM), tl.constexpr(ERFINV_SPLIT), tl.constexpr(math.sqrt(2.0))
TINY, TINIEST = tl.constexpr(2.0**-32), tl.constexpr(2.0**-53)
CENTRE, TAIL = tl.constexpr(ERFINV_CENTRE), tl.constexpr(ERFINV_TAIL)
VARYING = ["first", "seed", "count", "channels", "rows", "electronic_noise"]


@triton.jit
def _normal(word):
    """Return the normal numbers of words of 32 bits."""
    t = ((word >> 1).to(tl.int32).to(tl.float32) + 0.5) * TINY
    w = -tl.log(4.0 * t * (1.0 - t))
    centre, tail = tl.full(word.shape, CENTRE[0], tl.float32), tl.full(word.shape, TAIL[0], tl.float32)
    near, far = w - 2.5, tl.sqrt_rn(w) - 3.0
    for number in tl.static_range(1, 9):
        centre = centre * near + CENTRE[number]
        tail = tail * far + TAIL[number]
    z = ROOT * tl.where(w < SPLIT, centre, tail) * (1.0 - 2.0 * t)
    return tl.where((word & 1) == 1, z, -z)


@triton.jit
def _poisson(expected, u, most):
    """Return the Poisson counts of uniform numbers, none above `most`; all but `most` in float64."""
    share = tl.exp(-expected)
    below = share
    count = tl.zeros(u.shape, tl.float32)
    for number in range(1, most):
        more = below < u
        count = tl.where(more, number, count)
        share *= expected / number
        below += tl.where(more, share, 0.0)
    return count


@triton.jit(do_not_specialize=VARYING)
def measure_kernel(
    clean, noisy, photons, first, seed, count, channels, rows, electronic_noise, RAYS: tl.constexpr, ROWS: tl.constexpr
):
    """Write a block of views as they are measured.

    Args:
        clean: Line integrals, `(view, channel, row)`.
        noisy: The same, written.
        photons: Without an object, `(channel,)`.
        first: Number of the first view.
        seed: Of the scan, the key.
        count: Rays: the channels of all views.
        channels, rows: Of a view.
        electronic_noise: Standard deviation in photons.
        RAYS, ROWS: Of a program.
    """
    ray, row = place(rows, RAYS, ROWS)
    real = (ray < count)[:, None] & (row < rows)[None, :]
    there = ray.to(tl.int64)[:, None] * rows + row[None, :]
    zero = tl.zeros([RAYS, ROWS], tl.int32)
    view, channel = zero + (ray // channels + first)[:, None], zero + (ray % channels)[:, None]
    word, _, high, low = tl.philox(seed, zero + row[None, :], channel, view, zero)
    unattenuated = tl.load(photons + channel)
    expected = unattenuated * tl.exp(-tl.load(clean + there, mask=real, other=0.0))
    z = _normal(word)
    variance = expected + electronic_noise * electronic_noise
    counts = expected + tl.sqrt_rn(variance) * z + expected / (6.0 * variance) * (z * z - 1.0)
    starved = (expected < FEW) & real
    worst = tl.max(tl.max(tl.where(starved, expected, -1.0), 1), 0)
    if worst >= 0.0:
        few = tl.minimum(expected, FEW).to(tl.float64)
        u = ((high >> 5).to(tl.float64) * 67108864.0 + (low >> 6).to(tl.float64) + 0.5) * TINIEST
        most = (worst + SPREAD * tl.sqrt(worst) + SPARE).to(tl.int32)
        counts = tl.where(starved, _poisson(few, u, most) + electronic_noise * z, counts)
    tl.store(noisy + there, tl.log(unattenuated / tl.maximum(counts, 1.0)), mask=real)


def measure(clean: Any, first: int, photons: Array, electronic_noise: float, seed: int) -> Tensor:
    """Return line integrals as a detector measures them; see `Backend.measure`."""
    clean = on_device(clean)
    noisy, (views, channels, rows) = torch.empty_like(clean), clean.shape
    blocks = Blocks.of(views * channels, rows)
    numbers = (first, seed, views * channels, channels, rows, float(electronic_noise))
    measure_kernel[blocks.grid](clean, noisy, on_device(photons), *numbers, **blocks.options)
    return noisy
