"""Photons as `scanner.noise` says, compiled, a view a task."""

# mypy: allow-untyped-defs, allow-incomplete-defs

import math
from typing import Any

import numba
import numpy as np

from labelct.scanner.geometry import Array
from labelct.scanner.noise import ERFINV_CENTRE, ERFINV_SPLIT, ERFINV_TAIL, NORMAL_FROM
from labelct.threads import over

# Without fastmath: a count must not depend on which sums the compiler takes apart.
EXACT: dict[str, Any] = {"nogil": True, "cache": True, "error_model": "numpy"}
WORD, LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
WEYL = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
CENTRE = tuple(np.float32(each) for each in ERFINV_CENTRE)
TAIL = tuple(np.float32(each) for each in ERFINV_TAIL)


@numba.njit(**EXACT)
def philox(words, channel, view, seed):
    """Fill `words`, `(4, row)` of 64 bits, with Philox 4x32-10 of the cells of a channel; `seed` holds the whole key.

    Rounds outside and rows inside, so that the compiler multiplies several rows at once.
    """
    k0, k1 = seed & LOW, seed >> WORD
    for row in range(words.shape[1]):
        words[0, row], words[1, row], words[2, row], words[3, row] = row, channel, view, 0
    for _ in range(10):
        for row in range(words.shape[1]):
            even, odd = MULTIPLIERS[0] * words[0, row], MULTIPLIERS[1] * words[2, row]
            words[0, row], words[2, row] = (odd >> WORD) ^ words[1, row] ^ k0, (even >> WORD) ^ words[3, row] ^ k1
            words[1, row], words[3, row] = odd & LOW, even & LOW
        k0, k1 = (k0 + WEYL[0]) & LOW, (k1 + WEYL[1]) & LOW


@numba.njit(**EXACT)
def normal(word):
    """Return the normal number of a word of 32 bits."""
    t = (np.float32(np.int64(word >> np.uint64(1))) + np.float32(0.5)) * np.float32(2.0**-32)
    w = -math.log(np.float32(4.0) * t * (np.float32(1.0) - t))
    if w < np.float32(ERFINV_SPLIT):
        w -= np.float32(2.5)
        series = CENTRE[0]
        for number in range(1, len(CENTRE)):
            series = series * w + CENTRE[number]
    else:
        w = math.sqrt(w) - np.float32(3.0)
        series = TAIL[0]
        for number in range(1, len(TAIL)):
            series = series * w + TAIL[number]
    z = np.float32(math.sqrt(2.0)) * series * (np.float32(1.0) - np.float32(2.0) * t)
    return z if word & np.uint64(1) else -z


@numba.njit(**EXACT)
def poisson(expected, high, low):
    """Return the Poisson count of two words of 32 bits."""
    u = (float((high >> np.uint64(5)) * np.uint64(2**26) + (low >> np.uint64(6))) + 0.5) * 2.0**-53
    share = math.exp(-expected)
    below, count = share, 0
    while below < u and share > 0.0:
        count += 1
        share *= expected / count
        below += share
    return count


@numba.njit(**EXACT)
def count_photons(expected, words, electronic_noise, counts):
    """Write what the cells of a channel count; the rare branch has a loop of its own, which keeps the other fast."""
    spread, six, one = electronic_noise * electronic_noise, np.float32(6.0), np.float32(1.0)
    for row in range(len(counts)):
        z, mean = normal(words[0, row]), expected[row]
        variance = mean + spread
        counts[row] = mean + math.sqrt(variance) * z + mean / (six * variance) * (z * z - one)
    for row in range(len(counts)):
        if expected[row] < np.float32(NORMAL_FROM):
            photons = poisson(float(expected[row]), words[2, row], words[3, row])
            counts[row] = np.float32(photons) + electronic_noise * normal(words[0, row])


@numba.njit(**EXACT)
def _measure_view(clean, view, photons, electronic_noise, seed, out):
    """Write one view as it is measured; `clean` and `out` are `(channel, row)`."""
    channels, rows = clean.shape
    words, expected = np.empty((4, rows), np.uint64), np.empty(rows, np.float32)
    for channel in range(channels):
        philox(words, channel, view, seed)
        for row in range(rows):
            expected[row] = photons[channel] * math.exp(-clean[channel, row])
        count_photons(expected, words, electronic_noise, out[channel])
        for row in range(rows):
            out[channel, row] = math.log(photons[channel] / max(out[channel, row], np.float32(1.0)))


def measure(clean: Array, first: int, photons: Array, electronic_noise: float, seed: int) -> Array:
    """Return line integrals as a detector measures them; see `Backend.measure`."""
    noisy = np.empty_like(clean)

    def draw(view: int) -> None:
        number, key = np.uint64(first + view), np.uint64(seed)
        _measure_view(clean[view], number, photons, np.float32(electronic_noise), key, noisy[view])

    over(draw, len(clean))
    return noisy
