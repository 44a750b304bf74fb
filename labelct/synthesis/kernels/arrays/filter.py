"""One pass over a volume: three short filters along x, y and z, and noise from a counter.

So the bits depend neither on threads nor on order.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from labelct.synthesis.kernels.arrays.parts import scramble
from labelct.threads import over_chunks

NORMAL_VALUES = 1 << 16  # normal values, told apart by 16 bits of the counter's number
LOWEST_HU = np.float32(-1024.0)
Weights = NDArray[np.float32]


@lru_cache(maxsize=1)
def normal_table() -> Weights:
    """Return 65536 equally likely values with the standard normal distribution, mean 0 and deviation 1."""
    from scipy.special import ndtri

    levels = ndtri((np.arange(NORMAL_VALUES) + 0.5) / NORMAL_VALUES)
    return np.round(levels / levels.std(), 5).astype(np.float32)


def filtered(volume: Weights, weights: Sequence[Weights], noise: float, seed: int) -> Weights:
    """Return a volume filtered by the weights of each axis, with white noise."""
    done, normal, (x, y, z) = np.empty_like(volume), normal_table(), weights
    strength, counter = np.float32(noise), np.uint64(seed)
    chunk = lambda a, b: filter_chunk(volume, done, x, y, z, strength, normal, counter, a, b)  # noqa: E731
    over_chunks(chunk, len(volume))
    return done


@numba.njit(cache=True, nogil=True)
def filter_chunk(
    volume: Any,
    finished: Any,
    wx: Weights,
    wy: Weights,
    wz: Weights,
    noise: Any,
    normal: Weights,
    seed: Any,
    start: int,
    stop: int,
) -> None:
    """Write the planes `start` to `stop` of `volume`, filtered by the weights of each axis and with noise."""
    nx, ny, nz = volume.shape
    rx, ry, rz = len(wx) // 2, len(wy) // 2, len(wz) // 2
    plane = np.empty((ny, nz), np.float32)
    line = np.empty(nz + 2 * rz, np.float32)
    for x in range(start, stop):
        for y in range(ny):
            plane[y, :] = np.float32(0)
            for k in range(len(wx)):
                source, weight = volume[min(max(x + k - rx, 0), nx - 1), y], wx[k]
                for z in range(nz):
                    plane[y, z] += weight * source[z]
        for y in range(ny):
            line[:] = np.float32(0)
            for k in range(len(wy)):
                row, weight = plane[min(max(y + k - ry, 0), ny - 1)], wy[k]
                for z in range(nz):
                    line[rz + z] += weight * row[z]
            line[:rz], line[rz + nz :] = line[rz], line[rz + nz - 1]
            out = finished[x, y]
            out[:] = np.float32(0)
            for k in range(len(wz)):
                weight = wz[k]
                for z in range(nz):
                    out[z] += weight * line[z + k]
            if noise > 0:
                base = np.uint64((x * ny + y) * nz)
                for z in range(nz):
                    out[z] = max(
                        LOWEST_HU, out[z] + noise * normal[scramble(seed, base + np.uint64(z)) >> np.uint64(48)]
                    )
