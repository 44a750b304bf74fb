"""Problem T of the scanner's benchmark, and how its work is timed.

R 570, D 1040, 512 channels over 50 degrees, 32 rows of 1.2 mm, 360 views per turn, pitch 1; 256 x 256 x 128 voxels of
1.5 mm.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np

from labelct.scanner.backends.numba.simd_interpolation import has_permute
from labelct.scanner.geometry import Grid
from labelct.scanner.scan import WATER
from labelct.scanner.settings import ReconSettings, ScannerSettings
from tests.scanner import analytic

Row = tuple[str, str, str]
PATHS = {"portable": None, "permute": True} if has_permute() else {"portable": None}


def problem_t() -> tuple[ScannerSettings, Grid]:
    scanner = ScannerSettings(
        kind="helical",
        channels=512,
        channel_pitch=math.radians(50) / 512,
        channel_offset=0.0,
        rows=32,
        row_width=1.2,
        views=360,
        recon=ReconSettings(kernel="ram-lak", slice_thickness=1.2),
    )
    return scanner, Grid.centred((256, 256, 128), (1.5, 1.5, 1.5))


def bodies() -> list[analytic.Body]:
    spheres = [((60, 20, 0), 20, 0.2), ((-50, 40, 10), 15, -0.2), ((-30, -70, -12), 25, 0.05), ((20, 80, 5), 12, 0.8)]
    return [analytic.sphere(centre, radius, share * WATER) for centre, radius, share in spheres]


def timed(work: Callable[[], object], repeats: int = 3) -> float:
    """Return the least wall time of a few runs in seconds, after one that compiles."""
    work()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def water_disc(grid: Grid, radius: float) -> np.ndarray:
    inside = np.hypot(grid.axis(0)[:, None], grid.axis(1)[None, :]) < radius
    return np.where(inside[:, :, None], np.float32(0), np.float32(-1000)) + np.zeros(grid.shape, np.float32)
