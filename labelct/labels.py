"""Label maps voxel by voxel: which values occur, what they are called, and other values in their place."""

from collections.abc import Mapping
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError

LOOKUP_LIMIT = 1 << 16  # a table over all 16-bit values is cheaper than finding those that occur


def compact(label_map: NDArray[Any], names: Mapping[int, str]) -> tuple[NDArray[np.integer], dict[int, str]]:
    """Return a label map of at most 16 bits in C order; larger values are renumbered by rank."""
    if _is_small(label_map):
        small = label_map.dtype if label_map.dtype in (np.uint8, np.uint16) else np.uint16
        return np.ascontiguousarray(label_map, small), {v: n for v, n in names.items() if v < LOOKUP_LIMIT}
    values, ranks = np.unique(label_map, return_inverse=True)
    offset = int(values[0] != 0)
    renamed = {rank + offset: names[int(value)] for rank, value in enumerate(values) if int(value) in names}
    return (ranks.reshape(label_map.shape) + offset).astype(np.uint16), renamed


def _is_small(label_map: NDArray[np.integer]) -> bool:
    if label_map.dtype in (np.uint8, np.uint16):
        return True
    return int(label_map.max(initial=0)) < LOOKUP_LIMIT and int(label_map.min(initial=0)) >= 0


def present_names(label_map: NDArray[np.integer], names: Mapping[int, str]) -> dict[int, str]:
    """Return the names of the values above 0 that occur in a map.

    Raises:
        InputError: A value has no name.
    """
    if _is_small(label_map):
        values = np.flatnonzero(occurring(compact(label_map, {})[0], LOOKUP_LIMIT))
    else:
        values = np.unique(label_map)
    unnamed = [int(value) for value in values if value and int(value) not in names]
    if unnamed:
        known = ", ".join(f"{value} {name}" for value, name in sorted(names.items())[:20])
        remedy = f"add it to the names file (known: {known})"
        raise InputError("label map", f"the value {unnamed[0]} has no name", remedy)
    return {int(value): names[int(value)] for value in values if value}


@numba.njit(cache=True, nogil=True)
def occurring(label_map: Any, size: int) -> NDArray[np.bool_]:
    """Return `(size,)`, True for the values that a contiguous map holds; all are below `size`."""
    found = np.zeros(size, np.bool_)
    for value in label_map.ravel():
        found[value] = True
    return found


@numba.njit(cache=True, nogil=True)
def relabel(label_map: Any, lookup: Any) -> Any:
    """Return `lookup[label_map]` of a contiguous map."""
    renamed = np.empty(label_map.size, lookup.dtype)
    for voxel, value in enumerate(label_map.ravel()):
        renamed[voxel] = lookup[value]
    return renamed.reshape(label_map.shape)
