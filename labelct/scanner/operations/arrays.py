"""A scan's work on whole volumes as NumPy does it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def host(values: NDArray[Any]) -> NDArray[Any]:
    """Return the array itself; see `Operations.host`."""
    return values


def like(values: Any, reference: Array) -> NDArray[Any]:
    """Return an array; see `Operations.like`."""
    return np.asarray(values)


def zeros(shape: Sequence[int], reference: Array) -> Array:
    """Return zeros; see `Operations.zeros`."""
    return np.zeros(shape, np.float32)


def block_means(values: Array, factors: Sequence[int]) -> Array:
    """Return means over blocks; see `Operations.block_means`."""
    missing = [-count % factor for count, factor in zip(values.shape, factors, strict=True)]
    full = np.pad(values, ((0, missing[0]), (0, missing[1]), (0, 0)))
    full = np.pad(full, ((0, 0), (0, 0), (0, missing[2])), mode="edge")
    counts = [count // factor for count, factor in zip(full.shape, factors, strict=True)]
    blocks = full.reshape(counts[0], factors[0], counts[1], factors[1], counts[2], factors[2])
    means: Array = blocks.mean(axis=(1, 3, 5), dtype=np.float32)
    return means


def device_of(values: Array) -> AbstractContextManager[Any]:
    """Do nothing; see `Operations.device_of`."""
    return nullcontext()
