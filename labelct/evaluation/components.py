"""Where label values lie, and their largest connected components, the one step of post-processing before scoring."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

WHOLE = 0.995  # of a structure's voxels: label maps have specks, which are no parts
MOST_PARTS = 4  # kidneys have two; what has more (ribs, lesions, cartilages) has another number in each patient


def boxes_of(label_array: NDArray[np.integer]) -> dict[int, tuple[slice, ...]]:
    """Return the box of each label value above 0 that occurs."""
    found = enumerate(ndimage.find_objects(label_array), start=1)
    return {value: box for value, box in found if box is not None}


def components(mask: NDArray[np.bool_]) -> tuple[NDArray[np.integer], NDArray[np.intp]]:
    """Return the 26-connected components of a mask `(x, y, z)`, numbered from 1, and how many voxels each has."""
    numbered, _ = ndimage.label(mask, structure=np.ones((3, 3, 3), dtype=bool))
    return numbered, np.bincount(numbered.ravel())[1:]


def keep_largest(label_array: NDArray[np.uint8], counts: Mapping[int, int]) -> NDArray[np.uint8]:
    """Keep the largest 26-connected components of every label and set its other voxels to 0.

    Of two components of the same size, the one that holds the first voxel in memory order stays.

    Args:
        label_array: `(x, y, z)` label values.
        counts: For each value to clean, how many components to keep; other values stay as they are.

    Returns:
        `(x, y, z)` a new array of the same type.
    """
    kept, boxes = label_array.copy(), boxes_of(label_array)
    for value, count in counts.items():
        if value in boxes:
            inside = kept[boxes[value]]
            inside[_smaller_components(inside == value, count)] = 0
    return kept


def _smaller_components(mask: NDArray[np.bool_], kept: int) -> NDArray[np.bool_]:
    """Return the voxels of `mask` `(x, y, z)` outside its `kept` largest 26-connected components."""
    numbered, sizes = components(mask)
    if len(sizes) <= kept:
        return np.zeros_like(mask)
    return mask & ~np.isin(numbered, 1 + np.argsort(-sizes, kind="stable")[:kept])


def part_counts(label_array: NDArray[np.uint8], values: Iterable[int]) -> dict[int, int]:
    """Return of how many parts each value that occurs is made: the fewest components that hold 99.5 % of its voxels.

    Args:
        label_array: `(x, y, z)` label values.
        values: Those to count.
    """
    boxes, counts = boxes_of(label_array), {}
    for value in values:
        if value in boxes:
            sizes = -np.sort(-components(label_array[boxes[value]] == value)[1])
            counts[value] = int(np.searchsorted(np.cumsum(sizes), WHOLE * sizes.sum())) + 1
    return counts


def kept_parts(counts: Iterable[Mapping[int, int]], values: Iterable[int]) -> dict[int, int | None]:
    """Return how many components of each value are kept: as many as a case has at most; None, all, where they scatter.

    Args:
        counts: Of each case, what `part_counts` found.
        values: Those to keep parts of; of a value that no case has, all parts are kept.
    """
    cases = list(counts)
    most = {value: max((case[value] for case in cases if value in case), default=MOST_PARTS + 1) for value in values}
    return {value: count if count <= MOST_PARTS else None for value, count in most.items()}
