"""Seconds and memory of the synthesis beside bare numpy and scikit-image, on a procedural 28-label map.

Usage: python benchmarks/synthesis.py [EDGE ...]     (default: 128 192)
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from skimage.exposure import match_histograms

from labelct.synthesis.bank import load_bank, make_white
from labelct.synthesis.priors import load_priors
from labelct.synthesis.recipe import sample_recipe, synthesize
from labelct.synthesis.settings import DataSettings, DeformSettings, DropSettings, FillSettings, TextureSettings

LABELS = 28
REPEATS = 5
BENT = DeformSettings(rotation_deg=10, scale=0.1, shear=0.05, elastic_mm=6)


def label_map(edge: int) -> tuple[NDArray[np.uint8], tuple[float, float, float], dict[int, str]]:
    """Return 28 ellipsoids in a trunk of 384 mm, with the names of the first 28 priors."""
    rng, grid = np.random.default_rng(0), np.ogrid[:edge, :edge, :edge]
    labels = np.zeros((edge,) * 3, np.uint8)
    for value in range(1, LABELS + 1):
        centre, radius = edge * rng.uniform(0.25, 0.75, 3), edge * rng.uniform(0.05, 0.16, 3)
        labels[sum(((g - c) / r) ** 2 for g, c, r in zip(grid, centre, radius, strict=True)) < 1] = value
    return labels, (384.0 / edge,) * 3, dict(enumerate(list(load_priors().table)[:LABELS], 1))


def clocked(work: Callable[[], object]) -> tuple[float, float]:
    """Return the best wall and CPU seconds of five runs, after one that compiles and warms up."""
    work()
    runs = []
    for _ in range(REPEATS):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        runs.append((time.perf_counter() - wall, time.process_time() - cpu))
    return min(wall for wall, _ in runs), min(cpu for _, cpu in runs)


def ours(edge: int, data: DataSettings, texture: TextureSettings) -> Callable[[], object]:
    """Return one whole volume, drawn and painted."""
    labels, spacing, names = label_map(edge)
    targets = {"liver": ["liver"]}
    bank = make_white() if texture.kind in ("white", "none") else load_bank(texture)
    how = (data, FillSettings(), texture, DropSettings(0.0), bank)

    def work() -> object:
        params = sample_recipe(labels, spacing, names, targets, *how, np.random.default_rng(1))
        return synthesize(labels, spacing, names, targets, params, bank)

    return work


def bare_numpy(edge: int) -> Callable[[], object]:
    """Return the floor: a lookup of means and spreads, and normal noise."""
    labels, _, _ = label_map(edge)
    rng = np.random.default_rng(0)
    mean, sd = rng.normal(50, 60, LABELS + 1).astype(np.float32), rng.uniform(5, 40, LABELS + 1).astype(np.float32)
    return lambda: mean[labels] + sd[labels] * rng.standard_normal(labels.shape, dtype=np.float32)


def scikit_image(edge: int) -> Callable[[], object]:
    """Return one `match_histograms` of a whole volume, which a textured label would cost without the table."""
    rng = np.random.default_rng(0)
    image, reference = rng.integers(0, 256, (edge,) * 3).astype(float), rng.normal(110, 15, (edge,) * 3)
    return lambda: match_histograms(image, reference)


def main(edges: list[int]) -> None:
    """Print the table."""
    stills = TextureSettings(kind="stills")
    print(f"{'edge':>5}  {'work':<44}{'wall s':>8}{'CPU s':>8}")
    for edge in edges:
        rows = {
            "numpy: lookup and noise": bare_numpy(edge),
            "labelct: labels to Gaussian image, no body": ours(
                edge, DataSettings(kind="synthseg", completion="none"), TextureSettings(kind="white")
            ),
            "labelct: synth1": ours(edge, DataSettings(kind="synth1"), stills),
            "labelct: synth2": ours(edge, DataSettings(kind="synth2"), stills),
            "labelct: synth3": ours(edge, DataSettings(kind="synth3"), stills),
            "labelct: affine, elastic, synth3": ours(edge, DataSettings(kind="synth3", deform=BENT), stills),
            "scikit-image: match_histograms, one label": scikit_image(edge),
        }
        for name, work in rows.items():
            wall, cpu = clocked(work)
            print(f"{edge:>5}  {name:<44}{wall:>8.3f}{cpu:>8.3f}", flush=True)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB, both edges and all rows")


if __name__ == "__main__":
    main([int(edge) for edge in sys.argv[1:]] or [128, 192])
