"""Of how many parts the structures of a model are made, as its folder says: `components.json`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from labelct.errors import InputError
from labelct.evaluation.components import Parts
from labelct.targets import Targets
from labelct.trainer.model import REMEDY, read_description
from labelct.writing import write_json

FILE = "components.json"
COUNT, GAP = "count", "gap_mm"


def write_parts(folder: Path, parts: Mapping[str, Parts | None]) -> None:
    """Leave in a folder what is kept of each structure: null for all, a number of parts, or that and their gap."""
    plain = {name: one and (one.count if one.gap_mm is None else asdict(one)) for name, one in parts.items()}
    write_json(folder / FILE, plain)


def read_parts(folder: Path, labels: Mapping[str, int]) -> dict[int, Parts]:
    """Return the parts of each label; labels that scatter are left out.

    Args:
        folder: The model's, with `components.json`, counted in the training labels; a model without it is known by the
            sides of its structures.
        labels: Label value by name.

    Raises:
        InputError: A file says something else.
    """
    path = folder / FILE
    if path.exists():
        found = read_description(path)
        if set(found) != set(labels):
            raise InputError(path, "its structures are not those of the model", REMEDY)
        return {labels[name]: _parts(path, one) for name, one in found.items() if one is not None}
    path = folder / "targets.json"
    merged = read_description(path) if path.exists() else {}
    if not all(isinstance(parts, list) and all(isinstance(part, str) for part in parts) for parts in merged.values()):
        raise InputError(path, "its targets are no lists of structures", REMEDY)
    targets = Targets({name: merged.get(name, [name]) for name in labels})
    return {labels[name]: Parts(targets.components[value]) for name, value in targets.values.items()}


def _parts(path: Path, found: Any) -> Parts:
    """Return the parts that a file says of one structure."""
    both = isinstance(found, dict) and set(found) == {COUNT, GAP}
    count, gap = (found[COUNT], found[GAP]) if both else (found, None)
    if type(count) is not int or count < 1:
        raise InputError(path, "its counts are no whole numbers of 1 or more", REMEDY)
    if gap is not None and not (type(gap) in (int, float) and 0 <= gap < math.inf):
        raise InputError(path, "its gaps are no lengths in mm", REMEDY)
    return Parts(count, gap)
