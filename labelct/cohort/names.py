"""Class names and label values: TotalSegmentator's own, and those that a user gives."""

import csv
import io
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from labelct.errors import InputError, SettingError, did_you_mean
from labelct.texts import read_json
from labelct.volume import IGNORE

FORM = 'write {"1": "liver", "2": "spleen"}'
BACKGROUND = "background"
MOST_DIGITS, MOST_SHOWN = 19, 80  # of a value of 64 bits; of an entry in a line
PRESETS = {"totalsegmentator_v1": "id_total_v1", "totalsegmentator_v2": "id_total_v2"}  # their columns in the table
# Of a mask of the whole gland, and of the values of the NCI-ISBI 2013 challenge and of the Decathlon's Task05.
PROSTATE = {
    "prostate": {1: "prostate"},
    "prostate_zones": {1: "prostate_peripheral_zone", 2: "prostate_central_gland"},
}


@lru_cache(maxsize=1)
def _table() -> list[dict[str, str]]:
    text = files("labelct.priors").joinpath("hu_priors.csv").read_text(encoding="utf-8-sig")
    return [row for row in csv.DictReader(io.StringIO(text)) if not row["name"].startswith("_")]


def preset(name: str) -> dict[int, str]:
    """Return `{value: name}` of a preset: the 104 or 117 classes of v1 or v2 of TotalSegmentator, or the prostate."""
    if name in PROSTATE:
        return dict(PROSTATE[name])
    return {int(row[PRESETS[name]]): row["name"] for row in _table() if row[PRESETS[name]]}


def totalsegmentator() -> dict[int, str]:
    """Return `{value: name}` of every class of v1 or v2: v2's values, then 118 up for the classes of v1 alone."""
    known = preset("totalsegmentator_v2")
    alone = [row["name"] for row in _table() if row["id_total_v1"] and not row["id_total_v2"]]
    return known | dict(enumerate(alone, start=max(known) + 1))


def resolve(names: str | Mapping[Any, Any], root: Path) -> dict[int, str]:
    """Return `{value: name}` from a setting.

    Args:
        names: The mapping itself, the name of a preset, or a JSON file (below `root` unless absolute).
        root: The cohort's folder.

    Raises:
        InputError: The file is missing or holds something else.
        SettingError: A value is no whole number of 1 or more, or two values share a name.
    """
    if not isinstance(names, str):
        return checked_names("names", names)
    if names in PRESETS or names in PROSTATE:
        return preset(names)
    path = root / names
    content = read_json(path, f"{FORM} there, or set names= to {' or '.join((*PRESETS, *PROSTATE))}")
    if not isinstance(content, dict):
        raise InputError(path, "is no table of label values", FORM)
    try:
        return checked_names("names", content)
    except SettingError as error:
        raise InputError(path, str(error), FORM) from None


def value_of(text: object) -> int | None:
    """Return the label value that something stands for, None where it is no whole number that a file can hold."""
    written = str(text).strip()
    return int(written) if written.isdecimal() and len(written) <= MOST_DIGITS else None


def checked_names(field: str, names: Mapping[Any, Any]) -> dict[int, str]:
    """Return `names` with whole numbers as keys, background left out, or raise `SettingError`."""
    checked: dict[int, str] = {}
    taken: set[str] = set()
    for key, name in names.items():
        value = value_of(key)
        if value is None or not isinstance(name, str) or not name:
            raise SettingError(field, _shown({key: name}), "{whole number: name}", "for example {1: liver}")
        if value and name.strip().lower() == BACKGROUND:
            raise SettingError(field, {key: name}, f"0 for {name!r}", "it is no structure: give it 0, or leave it out")
        if value in checked:  # "1" and "01"
            raise SettingError(field, {key: name}, "each value once", f"{value} is {checked[value]!r} already")
        if value and name in taken:
            raise SettingError(field, {key: name}, "each name once", "give each value its own name and use merge=")
        checked[value] = name
        taken.add(name)
    checked.pop(0, None)
    return checked


def _shown(entry: Mapping[Any, Any]) -> str:
    text = str(entry)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."


def structures(names: Mapping[int, str], merge: Mapping[str, str] | None) -> dict[int, str]:
    """Return the names after `merge`; what is called `ignore`, as nnU-Net does, is no structure.

    Raises:
        SettingError: As `merged` does.
    """
    return {value: name for value, name in merged(names, merge)[0].items() if name != IGNORE}


def merged(names: Mapping[int, str], merge: Mapping[str, str] | None) -> tuple[dict[int, str], dict[int, int]]:
    """Return the names after `merge`, and which value becomes which.

    A structure of several parts takes the value of the class of that name, or the lowest of its parts' values.

    Args:
        names: `{value: name}`.
        merge: `{name: name it becomes}`; None: nothing changes.

    Raises:
        SettingError: A name that no value has, or a chain of merges.
    """
    merge = merge or {}
    values = {name: value for value, name in names.items()}
    for part, whole in merge.items():
        if part not in values:
            raise SettingError("merge", part, "a name of the cohort", did_you_mean(part, values))
        if whole in merge:
            raise SettingError("merge", whole, "a name that is itself not merged", "merge each part into the last name")
    parts = {whole: [values[part] for part in merge if merge[part] == whole] for whole in merge.values()}
    moved = {value: values.get(whole, min(olds)) for whole, olds in parts.items() for value in olds}
    renamed = {moved.get(value, value): merge.get(name, name) for value, name in names.items()}
    return dict(sorted(renamed.items())), {old: new for old, new in moved.items() if old != new}
