"""What the grid of a scan does to sharp borders: point spread, slice thickness; and white noise for want of a scanner.

One pass over the volume: three short filters along x, y and z, and noise from a counter, so that the bits depend
neither on threads nor on order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from labelct.synthesis.paint import scramble
from labelct.synthesis.settings import DataSettings
from labelct.synthesis.slabs import over_slabs

FWHM = 2.0 * math.sqrt(2.0 * math.log(2.0))
LEVELS = 1 << 16
LOWEST_HU = np.float32(-1024.0)
Weights = NDArray[np.float32]


def sample_finish(data: DataSettings, rng: np.random.Generator) -> dict[str, Any] | None:
    """Draw the seed of the noise; None where the settings leave the volume as it is."""
    seed = int(rng.integers(2**31))
    finish = {"psf_mm": data.psf_mm, "slice_mm": data.slice_mm, "noise_hu": data.noise_hu}
    return {**finish, "seed": seed} if any(finish.values()) else None


def spread_weights(fwhm: float) -> NDArray[np.float64]:
    """Return the weights of a Gaussian point spread, integrated over each voxel (3 sigma to either side).

    Args:
        fwhm: Full width at half maximum in voxels.
    """
    sigma = fwhm / FWHM
    if sigma < 0.05:
        return np.ones(1)
    reach = math.ceil(3.0 * sigma - 0.5)
    edges = [0.5 * math.erf((step - 0.5) / (sigma * math.sqrt(2.0))) for step in range(-reach, reach + 2)]
    weights = np.diff(edges)
    return weights / weights.sum()


def slice_weights(thickness: float) -> NDArray[np.float64]:
    """Return the share of each voxel in a slice of `thickness` voxels about the middle one."""
    reach = max(0, math.ceil((thickness - 1.0) / 2.0))
    offsets = np.abs(np.arange(-reach, reach + 1))
    weights = np.clip(thickness / 2.0 - (offsets - 0.5), 0.0, 1.0) if reach else np.ones(1)
    return weights / weights.sum()


def finish(
    volume: NDArray[np.float32], spacing: Sequence[float], params: Mapping[str, Any] | None, threads: int = 1
) -> NDArray[np.float32]:
    """Blur a volume and add white noise.

    Args:
        volume: `(x, y, z)` HU; repeated at its borders.
        spacing: Voxel size in mm.
        params: Of `sample_finish`; None returns the volume itself.
        threads: Threads to spread over.
    """
    if params is None:
        return volume
    spread = [spread_weights(params["psf_mm"] / size) for size in spacing]
    spread[2] = np.convolve(spread[2], slice_weights(params["slice_mm"] / spacing[2]))
    x, y, z = (np.round(weights, 7).astype(np.float32) for weights in spread)
    finished, normal = np.empty_like(volume), normal_table()
    noise, seed = np.float32(params["noise_hu"]), np.uint64(params["seed"])
    slab = lambda a, b: _finish(volume, finished, x, y, z, noise, normal, seed, a, b)  # noqa: E731
    over_slabs(slab, len(volume), threads)
    return finished


@lru_cache(maxsize=1)
def normal_table() -> Weights:
    """Return 65536 equally likely values with the standard normal distribution, mean 0 and deviation 1."""
    from scipy.special import ndtri

    levels = ndtri((np.arange(LEVELS) + 0.5) / LEVELS)
    return np.round(levels / levels.std(), 5).astype(np.float32)


@numba.njit(cache=True, nogil=True)
def _finish(
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
