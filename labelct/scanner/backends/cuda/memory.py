"""What a scan takes of the device's memory at once, and how much work is done at a time to keep within it.

The rebinned views take a quarter of `scanner.memory` (`chunked_reconstruction`); the rest does not grow with the length
of a scan, but for the volume and the slices that are made at once.
"""

from __future__ import annotations

import math

from labelct.accelerator import GIB, free_memory
from labelct.errors import InputError
from labelct.scanner.backends.cuda.device import INTERPRETED
from labelct.scanner.chunked_reconstruction import VIEWS_PER_BLOCK, Reconstruction

RAYS_AT_ONCE = 2**20  # whose course is worked out together
RAY_BYTES = 240  # that this takes for each, some thirty numbers of float64
SAMPLES_AT_ONCE = 2**24  # of a Fourier transform
TRANSFORM_BYTES = 24  # for each: filled up, transformed, back, and cuFFT's own
REMEDY = "lower scanner.memory, a quarter of which holds rebinned views, or take fewer slices or scanner.backend=numba"


def plan(what: Reconstruction) -> dict[str, int]:
    """Return the bytes of each thing that a scan has on the device at once, besides its volume."""
    helix = what.wedge.helix
    view, margin = 4 * helix.channels * helix.rows, what.wedge.margin
    chunks = list(what.chunks())
    slices = max(part.shape[2] for _, part, _ in chunks)
    length = 4 * helix.channels  # twice the rays, and a little more
    return {
        "rebinned views": view * max(stop - start for _, _, (start, stop) in chunks),
        "views that are rebinned": view * (VIEWS_PER_BLOCK + 2 * margin),
        "a block clean, noisy and its finer rays": 4 * view * VIEWS_PER_BLOCK,
        "a block rebinned and mixed": 2 * view * VIEWS_PER_BLOCK,
        "course of the rays": RAY_BYTES * min(RAYS_AT_ONCE, VIEWS_PER_BLOCK * helix.channels),
        "ramp filter": TRANSFORM_BYTES * max(SAMPLES_AT_ONCE, length * helix.rows),
        "slices": 4 * math.prod(what.grid.shape[:2]) * slices,
    }


def check_memory(what: Reconstruction) -> int:
    """Return the bytes that a reconstruction and the views for it take.

    Raises:
        InputError: The device has less.
    """
    need = sum(plan(what).values())
    free = need if INTERPRETED else free_memory()
    if need > free:
        problem = f"about {need / GIB:.1f} GiB are needed and {free / GIB:.1f} GiB of the card's memory are free"
        raise InputError("reconstruction on the card", problem, REMEDY)
    return need
