"""Which part of a volume every voxel belongs to: pasted labels, gas, sub-classes, and what lies around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.synthesis.completion import complete, marbled
from labelct.synthesis.cylinder import cylinder_region
from labelct.synthesis.gas import place_gas
from labelct.synthesis.paint import UNLABELLED, bounding_boxes, compose_parts
from labelct.synthesis.placement import place_surroundings
from labelct.synthesis.priors import AIR, FAT, REST_CLASSES, SOFT
from labelct.synthesis.subclasses import split_parts
from labelct.synthesis.targets import compact
from labelct.synthesis.trunk import CAVITY, trunk_layers

BODY = "_body"
GAS_SUFFIX = ":gas"


@dataclass(frozen=True)
class Layout:
    """The parts of a volume.

    Attributes:
        parts: `(x, y, z)` uint16 part numbers.
        names: Name of every part: a completion class, `_body` (what fills cylinder or trunk), a label, or a label with
            `:gas` or the number of a sub-class (`:1`).
    """

    parts: NDArray[np.uint16]
    names: list[str]


def lay_out(
    label_map: NDArray[np.integer],
    spacing: Sequence[float],
    names: Mapping[int, str],
    params: Mapping[str, Any],
    ct: NDArray[np.float32] | None = None,
    threads: int = 1,
) -> Layout:
    """Paste the labels over completion or cylinder, part hollow organs into contents and gas, split sub-classes.

    Args:
        label_map: `(x, y, z)` label values.
        spacing: Voxel size in mm.
        names: Names of the values.
        params: Of `recipe.sample_recipe`.
        ct: HU on the same grid, for `kmeans` completion and sub-classes of the CT.
        threads: Threads to spread over.
    """
    label_map, names = compact(np.ascontiguousarray(label_map), names)
    part_names, rest, cavity = _lay_body(label_map, spacing, names, params, ct, threads)
    around = params.get("surroundings")
    rest, placed = place_surroundings(rest, label_map > 0, spacing, around, len(part_names), cavity)
    part_names += [*placed, *params["pasted"]]
    number = {name: part for part, name in enumerate(part_names)}
    lookup = np.full(max(int(label_map.max(initial=0)), *names, 0) + 1, UNLABELLED, np.uint16)
    for value, name in names.items():
        lookup[value] = number.get(name, UNLABELLED)
    parts = compose_parts(label_map, rest, lookup, threads)
    hollow = [name for name in params["gas"] if name in number]
    if hollow:
        boxes = bounding_boxes(parts, len(part_names), threads)
        for name in hollow:
            _part_gas(parts, number[name], len(part_names), boxes[number[name]], spacing, params["gas"][name])
            part_names.append(name + GAS_SUFFIX)
    if params.get("subclasses"):
        part_names += split_parts(parts, part_names, spacing, params["subclasses"], ct, threads)
    return Layout(parts, part_names)


def _lay_body(
    label_map: NDArray[np.integer],
    spacing: Sequence[float],
    names: Mapping[int, str],
    params: Mapping[str, Any],
    ct: NDArray[np.float32] | None,
    threads: int,
) -> tuple[list[str], NDArray[np.uint8], NDArray[np.bool_] | None]:
    """Return the names of the body's parts, `(x, y, z)` their numbers, and its cavity where a wall bounds one."""
    body = params["body"]
    if body["kind"] == "cylinder":
        return [AIR, BODY], cylinder_region(label_map.shape, spacing, body), None
    if body["kind"] not in ("trunk", "geometric"):
        return list(REST_CLASSES), complete(label_map, spacing, names, body, ct, threads), None
    layers = trunk_layers(label_map, spacing, names, body, threads)
    if body["kind"] == "trunk":
        return [AIR, FAT, SOFT, BODY], layers, layers == CAVITY
    return list(REST_CLASSES), marbled(layers, spacing, body, threads), layers == CAVITY


def _part_gas(
    parts: NDArray[np.uint16],
    organ: int,
    gas: int,
    box: NDArray[np.int64],
    spacing: Sequence[float],
    params: Mapping[str, Any],
) -> None:
    """Renumber the gas inside one organ, in place."""
    if not box[3]:
        return
    view = parts[box[0] : box[3], box[1] : box[4], box[2] : box[5]]
    x, y, z = spacing
    view[place_gas(view == organ, (x, y, z), params)] = gas
