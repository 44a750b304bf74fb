"""Kernels over slabs of a volume, on threads; the bits never depend on the number of threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")

SLAB = 16


def over_slabs(kernel: Callable[[int, int], Result], length: int, threads: int = 1) -> list[Result]:
    """Return `kernel(start, stop)` of consecutive slabs of 16 planes, in order.

    Plain threads rather than numba's: those neither survive a fork nor nest in the threads of a caller.

    Args:
        kernel: A function of the first and one past the last plane; compiled with `nogil`.
        length: Number of planes.
        threads: Threads to spread over.
    """
    starts = range(0, length, SLAB)
    stops = [min(start + SLAB, length) for start in starts]
    if threads <= 1:
        return [kernel(start, stop) for start, stop in zip(starts, stops, strict=True)]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(kernel, starts, stops))
