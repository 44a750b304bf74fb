"""What every ingredient asks of arrays: types, copies, label maps by value."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def host(array: Array) -> Array:
    """Return the array itself."""
    return array


def like(array: Array, reference: Array) -> Array:
    """Return the array itself."""
    return array


def copy(array: Array) -> Array:
    """Return a copy."""
    return array.copy()


def holding(numbers: Array, largest: int) -> Array:
    """Return whole numbers in a type that holds `largest`."""
    needed = np.promote_types(numbers.dtype, np.min_scalar_type(largest))
    return numbers if needed == numbers.dtype else numbers.astype(needed)


def zeros(reference: Array) -> NDArray[np.uint8]:
    """Return uint8 zeros of the shape of `reference`."""
    return np.zeros(reference.shape, np.uint8)


def as_hu(ct: Array) -> NDArray[np.float32]:
    """Return a CT as float32 in C order."""
    return np.ascontiguousarray(ct, np.float32)


def largest(label_map: Array) -> int:
    """Return the largest value of a label map."""
    return int(label_map.max(initial=0))


def isin(label_map: Array, values: Sequence[int]) -> NDArray[np.bool_]:
    """Return where a label map has one of `values`."""
    return np.isin(label_map, values)


def places(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the flat indices of the True voxels."""
    return np.flatnonzero(mask)


def histogram(values: NDArray[np.floating], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return how many values lie in each bin."""
    return np.histogram(values, edges)[0]
