"""Largest connected components, the one step of post-processing before scoring."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


def keep_largest(label_array: NDArray[np.uint8], labels: Iterable[int]) -> NDArray[np.uint8]:
    """Keep the largest 26-connected component of every label and set its other voxels to 0.

    Of two components of the same size, the one that holds the first voxel in memory order stays.

    Args:
        label_array: `(x, y, z)` label values.
        labels: The values to clean; others stay as they are.

    Returns:
        `(x, y, z)` a new array of the same type.
    """
    kept = label_array.copy()
    boxes = ndimage.find_objects(label_array)
    for value in labels:
        box = boxes[value - 1] if 0 < value <= len(boxes) else None
        if box is not None:
            inside = kept[box]
            inside[_smaller_components(inside == value)] = 0
    return kept


def _smaller_components(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the voxels of `mask` `(x, y, z)` outside its largest 26-connected component."""
    components, count = ndimage.label(mask, structure=np.ones((3, 3, 3), dtype=bool))
    if count < 2:
        return np.zeros_like(mask)
    sizes = np.bincount(components.ravel())
    sizes[0] = 0
    return mask & (components != sizes.argmax())
