"""Where label values lie, and their largest connected components, the one step of post-processing before scoring."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

WHOLE = 0.995  # of a structure's voxels: label maps have specks, which are no parts
MOST_PARTS = 4  # kidneys have two; what has more (ribs, lesions, cartilages) has another number in each patient
FARTHER = 1.5  # times as far apart as in any training case: there are few of them
NEAR_MM = 60.0  # however close parts lie in training labels: a network leaves gaps of some cm in what is whole

CUBE = np.ones((3, 3, 3), dtype=bool)


@dataclass(frozen=True)
class Parts:
    """Of how many connected components a structure is made, and how far apart they lie.

    Attributes:
        count: Components at most.
        gap_mm: How far one of them lies from the nearest larger one at most, mm; None: not known.
    """

    count: int
    gap_mm: float | None = None

    @property
    def reach_mm(self) -> float:
        """How far a component may lie from the nearest larger one, mm, to be a part of the structure."""
        return math.inf if self.gap_mm is None else max(FARTHER * self.gap_mm, NEAR_MM)


def boxes_of(label_array: NDArray[np.integer]) -> dict[int, tuple[slice, ...]]:
    """Return the box of each label value above 0 that occurs."""
    found = enumerate(ndimage.find_objects(label_array), start=1)
    return {value: box for value, box in found if box is not None}


def components(mask: NDArray[np.bool_]) -> tuple[NDArray[np.integer], NDArray[np.intp]]:
    """Return the 26-connected components of a mask `(x, y, z)`, numbered from 1, and how many voxels each has."""
    numbered, _ = ndimage.label(mask, structure=CUBE)
    return numbered, np.bincount(numbered.ravel())[1:]


def keep_largest(
    label_array: NDArray[np.uint8], parts: Mapping[int, Parts], spacing: Sequence[float]
) -> NDArray[np.uint8]:
    """Keep the largest 26-connected components of every label and set its other voxels to 0.

    As many stay as the structure has at most, without those that lie further from the larger ones than its parts ever
    do. Of two components of the same size, the one that holds the first voxel in memory order stays.

    Args:
        label_array: `(x, y, z)` label values.
        parts: For each value to clean, how many components to keep, and how far apart; other values stay as they are.
        spacing: Voxel size `(x, y, z)`, mm.

    Returns:
        `(x, y, z)` a new array of the same type.
    """
    kept, boxes = label_array.copy(), boxes_of(label_array)
    for value, wanted in parts.items():
        if value in boxes:
            inside = kept[boxes[value]]
            inside[_left_out(inside == value, wanted, spacing)] = 0
    return kept


def _left_out(mask: NDArray[np.bool_], wanted: Parts, spacing: Sequence[float]) -> NDArray[np.bool_]:
    """Return the voxels of `mask` `(x, y, z)` that belong to none of the components that are kept."""
    numbered, sizes = components(mask)
    first, *others = (1 + np.argsort(-sizes, kind="stable")[: wanted.count]).tolist()
    kept: NDArray[np.bool_] = numbered == first
    for number in others:
        part = numbered == number
        if math.isinf(wanted.reach_mm) or _gap(kept, part, spacing) <= wanted.reach_mm:
            kept |= part
    return mask & ~kept


def parts_of(label_array: NDArray[np.uint8], values: Iterable[int], spacing: Sequence[float]) -> dict[int, Parts]:
    """Return the parts of each value that occurs: the fewest components that hold 99.5 % of its voxels.

    Args:
        label_array: `(x, y, z)` label values.
        values: Those to count.
        spacing: Voxel size `(x, y, z)`, mm.
    """
    boxes = boxes_of(label_array)
    return {value: _parts(label_array[boxes[value]] == value, spacing) for value in values if value in boxes}


def _parts(mask: NDArray[np.bool_], spacing: Sequence[float]) -> Parts:
    numbered, sizes = components(mask)
    order = np.argsort(-sizes, kind="stable")
    count = int(np.searchsorted(np.cumsum(sizes[order]), WHOLE * sizes.sum())) + 1
    if not 1 < count <= MOST_PARTS:  # one part has no gap, and what scatters is kept wherever it lies
        return Parts(count)
    parts = [numbered == number for number in 1 + order[:count]]
    kept = np.cumsum(parts, axis=0, dtype=bool)
    return Parts(count, max(_gap(larger, part, spacing) for larger, part in zip(kept, parts[1:], strict=False)))


def _gap(larger: NDArray[np.bool_], part: NDArray[np.bool_], spacing: Sequence[float]) -> float:
    """Return the distance between the nearest voxels of two masks `(x, y, z)`, mm."""
    surfaces = [np.argwhere(mask & ~ndimage.binary_erosion(mask)) * spacing for mask in (larger, part)]
    distances, _ = cKDTree(surfaces[0]).query(surfaces[1])
    return float(distances.min())


def kept_parts(found: Iterable[Mapping[int, Parts]], values: Iterable[int]) -> dict[int, Parts | None]:
    """Return the parts of each value that are kept: as many as a case has at most; None, all, where they scatter.

    Args:
        found: Of each case, what `parts_of` found.
        values: Those to keep parts of; of a value that no case has, all parts are kept.
    """
    cases = list(found)
    return {value: _most([case[value] for case in cases if value in case]) for value in values}


def _most(cases: Sequence[Parts]) -> Parts | None:
    count = max((case.count for case in cases), default=MOST_PARTS + 1)
    gaps = [case.gap_mm for case in cases if case.gap_mm is not None]
    return Parts(count, max(gaps, default=None)) if count <= MOST_PARTS else None
