"""A label map of a few organs completed by a whole anatomy that was brought onto it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.atlas.registration import Organs, register, warped
from labelct.evaluation.metrics import dice
from labelct.priors.table import BACKGROUND_CLASSES, FAT
from labelct.synthesis.case import Case

# What takes the room of an organ that turns out to lie elsewhere: what is soft and moves aside, or nothing at all.
YIELDING = ("colon", "small_bowel", "duodenum", "stomach", "lung_", *BACKGROUND_CLASSES)
SMALLEST_ML = 0.3  # pieces of a structure below this are what pasting has cut off
SKIN_MM = 8.0  # of fat outside an organ that reaches out of the body of the atlas


@dataclass(frozen=True)
class Completed:
    """What became of it.

    Attributes:
        anatomy: The map with its own labels and those of the atlas around them.
        dice: Of each organ that both have, the atlas's against the map's own after registration.
    """

    anatomy: Case
    dice: dict[str, float]


def complete(case: Case, atlas: Case, own: Collection[str], grid_mm: float) -> Completed | None:
    """Complete a label map by an atlas.

    Args:
        case: What is known.
        atlas: A whole anatomy.
        own: Structures that the map labels wherever they are: those of the atlas are never taken.
        grid_mm: Voxel size of the registration.

    Returns:
        None where they have no organ in common.
    """
    shared = _shared(case, atlas, grid_mm)
    if not shared:
        return None
    values = {name: value for value, name in atlas.names.items()}
    numbers = {name: value for value, name in case.names.items()}
    fixed = Organs(case.label_map, case.spacing, [numbers[name] for name in shared])
    moving = Organs(atlas.label_map, atlas.spacing, [values[name] for name in shared])
    brought = warped(atlas.label_map, atlas.spacing, register(fixed, moving, grid_mm), fixed)
    pairs = zip(shared, fixed.values, moving.values, strict=True)
    overlap = {name: dice(case.label_map == ours, brought == theirs) for name, ours, theirs in pairs}
    return Completed(_pasted(case, Case(brought, case.spacing, atlas.names), own), overlap)


def _shared(case: Case, atlas: Case, grid_mm: float) -> list[str]:
    """Return the names of organs that both maps have voxels of, on the grid that they are compared on."""
    seen = []
    for one in (case, atlas):
        thin = Organs(one.label_map, one.spacing, []).thinned(grid_mm / 2)
        seen.append({one.names[value] for value in np.unique(thin.label_map).tolist() if value in one.names})
    return sorted((seen[0] & seen[1]) - set(BACKGROUND_CLASSES))


def _pasted(case: Case, brought: Case, own: Collection[str]) -> Case:
    """Return the map's labels over those of an atlas, whose organs of the same name give way."""
    labels = case.label_map > 0
    around = np.where(labels, 0, brought.label_map)
    around = _given_way(around, labels, brought, [value for value, name in brought.names.items() if name in own])
    whole = [value for value, name in brought.names.items() if name not in BACKGROUND_CLASSES]
    _drop_pieces(around, whole, case.spacing)
    first = max(case.names, default=0)
    moved = {value: first + place for place, value in enumerate(sorted(brought.names), 1) if (around == value).any()}
    names = {**case.names, **{new: brought.names[value] for value, new in moved.items()}}
    kind = np.min_scalar_type(max(names))
    lookup = np.zeros(int(max(brought.names)) + 1, kind)
    lookup[list(moved)] = list(moved.values())
    completed = np.where(labels, case.label_map.astype(kind), lookup[around])
    fat = next((value for value, name in names.items() if name == FAT), None)
    if fat is not None:
        completed[_bare(completed, labels, case.spacing)] = fat
    return Case(completed, case.spacing, names)


def _given_way(around: NDArray[Any], labels: NDArray[np.bool_], brought: Case, gone: list[int]) -> NDArray[Any]:
    """Return the map without the structures `gone`; their room goes to the nearest soft one."""
    from scipy.ndimage import distance_transform_edt

    room = np.isin(around, gone)
    if not room.any():
        return around
    soft = [0, *(value for value, name in brought.names.items() if name.startswith(YIELDING) and value not in gone)]
    taken = ~np.isin(around, soft) | labels | room
    nearest = distance_transform_edt(taken, brought.spacing, return_distances=False, return_indices=True)
    filled = around.copy()
    filled[room] = around[tuple(axis[room] for axis in nearest)]
    return filled


def _drop_pieces(around: NDArray[Any], values: Collection[int], spacing: Sequence[float]) -> None:
    """Take away what is left of structures in pieces too small to be one, in place; the largest stays."""
    from scipy.ndimage import find_objects, label

    fewest = SMALLEST_ML * 1000.0 / float(np.prod(spacing))
    for value, box in enumerate(find_objects(around.astype(np.int32)), 1):
        if box is None or value not in values:
            continue
        pieces, number = label(around[box] == value)
        if number > 1:
            sizes = np.bincount(pieces.ravel())
            small = sizes < min(fewest, sizes[1:].max())
            small[0] = False
            around[box][small[pieces]] = 0


def _bare(completed: NDArray[Any], labels: NDArray[np.bool_], spacing: Sequence[float]) -> NDArray[np.bool_]:
    """Return what lies outside a body of the atlas and near an organ of the map, where there has to be skin."""
    from scipy.ndimage import binary_fill_holes, distance_transform_edt

    body = np.stack([binary_fill_holes(section) for section in np.moveaxis(completed > 0, 2, 0)], axis=2)
    near: NDArray[np.bool_] = distance_transform_edt(~labels, spacing) <= SKIN_MM
    return near & ~body
