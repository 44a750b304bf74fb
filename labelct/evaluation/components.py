"""Largest connected components, the one step of post-processing before scoring."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


def keep_largest(label_array: NDArray[np.uint8], counts: Mapping[int, int]) -> NDArray[np.uint8]:
    """Keep the largest 26-connected components of every label and set its other voxels to 0.

    Of two components of the same size, the one that holds the first voxel in memory order stays.

    Args:
        label_array: `(x, y, z)` label values.
        counts: For each value to clean, how many components to keep; other values stay as they are.

    Returns:
        `(x, y, z)` a new array of the same type.
    """
    kept = label_array.copy()
    boxes = ndimage.find_objects(label_array)
    for value, count in counts.items():
        box = boxes[value - 1] if 0 < value <= len(boxes) else None
        if box is not None:
            inside = kept[box]
            inside[_smaller_components(inside == value, count)] = 0
    return kept


def _smaller_components(mask: NDArray[np.bool_], kept: int) -> NDArray[np.bool_]:
    """Return the voxels of `mask` `(x, y, z)` outside its `kept` largest 26-connected components."""
    components, count = ndimage.label(mask, structure=np.ones((3, 3, 3), dtype=bool))
    if count <= kept:
        return np.zeros_like(mask)
    sizes = np.bincount(components.ravel())
    sizes[0] = 0
    largest = np.argsort(-sizes, kind="stable")[:kept]
    return mask & ~np.isin(components, largest)
