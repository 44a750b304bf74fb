"""XCIST's distance-driven projector on a scan that `benchmarks/scanner.py` hands over.

Runs in any Python with `gecatsim`. Its volume is `(y, x, z)` with y falling, its focus turns as ours does, and every
cell is an area, not a ray.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from gecatsim.pyfiles.C_DD3Proj_mm import DD3Proj_mm


def project(scan: dict[str, np.ndarray], volume: np.ndarray, views: np.ndarray) -> np.ndarray:
    """Return the projections `(view, channel, row)` of some views."""
    focus, distance = float(scan["source_isocentre"]), float(scan["source_detector"])
    gamma, v = scan["gamma"], scan["v"].astype(np.float32)
    x = (focus - distance * np.cos(gamma)).astype(np.float32)
    y = (-distance * np.sin(gamma)).astype(np.float32)
    rows, columns, slices = volume.shape
    middle = scan["origin"] + (np.array([columns, rows, slices]) - 1) / 2 * scan["spacing"]
    angles, heights = (scan[name][views].astype(np.float32) for name in ("angles", "heights"))
    mask = np.ones((rows + columns, max(rows, columns)), np.uint8)
    return DD3Proj_mm(
        focus, 0.0, 0.0, len(gamma), len(v), x, y, v, *map(float, middle), angles, heights, len(views),
        columns, rows, slices, volume, float(scan["spacing"][0]), float(scan["spacing"][2]), mask,
    )  # fmt: skip


def main(given: str, made: str) -> None:
    """Read volume and scan from the archive `given`; write projections `(view, channel, row)` and seconds."""
    scan = dict(np.load(given))
    volume = np.ascontiguousarray(scan["volume"].transpose(1, 0, 2)[::-1], np.float32)
    parts = np.array_split(np.arange(len(scan["angles"])), os.cpu_count() or 1)
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        with ThreadPoolExecutor(len(parts)) as pool:
            projections = list(pool.map(lambda views: project(scan, volume, views), parts))
        seconds.append(time.perf_counter() - start)
    np.savez(made, projections=np.concatenate(projections), seconds=min(seconds))


if __name__ == "__main__":
    main(*sys.argv[1:])
