"""Names and training labels of a label map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError
from labelct.synthesis.paint import occurring, relabel

Targets = Mapping[str, Sequence[str]]
LOOKUP_LIMIT = 1 << 16


def compact(label_map: NDArray[np.integer], names: Mapping[int, str]) -> tuple[NDArray[np.integer], dict[int, str]]:
    """Return a label map of at most 16 bits in C order; larger values are renumbered by rank."""
    if _is_small(label_map):
        small = label_map.dtype if label_map.dtype in (np.uint8, np.uint16) else np.uint16
        return np.ascontiguousarray(label_map, small), dict(names)
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


def members(targets: Targets) -> set[str]:
    """Return the names of all structures that belong to some target."""
    return {name for group in targets.values() for name in group}


def target_labels(
    label_map: NDArray[np.integer], names: Mapping[int, str], targets: Targets, dropped: Sequence[str] = ()
) -> NDArray[np.uint8]:
    """Return the training labels of a label map.

    Args:
        label_map: `(x, y, z)` label values.
        names: Names of the values.
        targets: Names of the structures that make up each target.
        dropped: Names of the labels that the volume lacks.

    Returns:
        `(x, y, z)` uint8, 1 to `len(targets)` in their order; 0 elsewhere and where a label was dropped.

    Raises:
        InputError: There are more than 255 targets.
    """
    if len(targets) > 255:
        raise InputError("targets", f"are {len(targets)}", "choose at most 255")
    number = {name: index for index, group in enumerate(targets.values(), 1) for name in group if name not in dropped}
    label_map, names = compact(label_map, names)
    lookup = np.zeros(LOOKUP_LIMIT, np.uint8)
    for value, name in names.items():
        if name in number and value < LOOKUP_LIMIT:
            lookup[value] = number[name]
    return relabel(label_map, lookup)
