"""Files that say what label values are called, in the shapes that people and programs write them."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from labelct.cohort.names import value_of
from labelct.errors import InputError
from labelct.proposal.names import is_background
from labelct.texts import read_json, read_rows, read_text

FORM = 'write names.json as {"1": "liver", "2": "spleen"}'
MEANT = ("dataset.json", "names.json", "labels.json")  # what is called so has to be one; others may be anything
TABLES = ("*.json", "*.label", "*.lbl", "*.ctbl", "*.csv", "*.tsv", "*.txt")
# What the columns of a table are called, small letters alone.
VALUES = ("value", "labelvalue", "id", "labelid", "index", "intensity", "number", "no", "key", "label", "roi")
NAMES = ("name", "labelname", "structure", "structurename", "organ", "anatomy", "class", "text", "segment", "label")
SNAP = re.compile(r'\s*(\d{1,19})\s+.*"(.*)"\s*')  # a line of ITK-SNAP: number, colour, visibility, name in quotes
COLOURS = re.compile(r"\s*(\d{1,19})\s+(\D.*?)(?:\s+\d+){3,4}\s*")  # of FreeSurfer and 3D Slicer: number, name, colour
PAIR = re.compile(r"\s*(\d{1,19})\s*[:=,;\t ]\s*([^\d\s,;:=].*?)\s*")


class Table(NamedTuple):
    """What label values are called.

    Attributes:
        path: The file that says so.
        names: `{value: name}`, what no label covers left out.
    """

    path: Path
    names: dict[int, str]


def find(folders: Iterable[Path]) -> tuple[Table | None, list[Path]]:
    """Return the table of names that lies in the first of some folders that has one, and the files passed over.

    Raises:
        InputError: A file whose name says that it is one cannot be understood.
    """
    passed: list[Path] = []
    for folder in folders:
        files = dict.fromkeys(folder / name for name in MEANT if (folder / name).is_file())
        files |= dict.fromkeys(path for pattern in TABLES for path in sorted(folder.glob(pattern)) if path.is_file())
        for path in files:
            try:
                return Table(path, read(path)), passed
            except InputError:
                if path.name in MEANT:
                    raise
                passed.append(path)
    return None, passed


def read(path: Path) -> dict[int, str]:
    """Return `{value: name}` of a file: JSON, CSV, text of ITK-SNAP, FreeSurfer or 3D Slicer, or lines `1 liver`.

    Raises:
        InputError: It cannot be read, or names no label value.
    """
    if path.suffix == ".json":
        names = _of_json(path, read_json(path, FORM))
    else:
        names = _of_lines(path, read_text(path, FORM)) or _of_columns(path)
    named = {value: name.strip() for value, name in names.items() if value and not is_background(name)}
    if not named or not all(named.values()):
        raise InputError(path, "names no label values that could be understood", FORM)
    twice = sorted({name for name in named.values() if [*named.values()].count(name) > 1})
    if twice:
        raise InputError(
            path, f"{twice[0]!r} is the name of several values", f"give each value a name of its own: {FORM}"
        )
    return named


def _of_json(path: Path, content: Any) -> dict[int, str]:
    """Return the names in what a JSON file holds: tables both ways round, lists, and tables within it."""
    if isinstance(content, list):
        if all(isinstance(entry, str) for entry in content):
            first = 0 if content and is_background(content[0]) else 1
            return dict(enumerate(content, start=first))
        rows = [{str(key): str(cell) for key, cell in row.items()} for row in content if isinstance(row, Mapping)]
        return _of_rows(rows, path)
    if not isinstance(content, Mapping):
        return {}
    for key in ("labels", "names", "label_names", "classes", "structures"):
        if isinstance(content.get(key), (list, Mapping)):
            return _of_json(path, content[key])
    if regions := [str(name) for name, value in content.items() if isinstance(value, list)]:
        problem = f"its labels are regions of several values ({', '.join(regions)})"
        raise InputError(path, problem, f"give each value a name of its own: {FORM}")
    pairs = [
        (key, value["name"] if isinstance(value, Mapping) and "name" in value else value)
        for key, value in content.items()
    ]
    straight = [(key, value) for key, value in pairs if value_of(key) is not None and isinstance(value, str)]
    turned = [(value, str(key)) for key, value in pairs if value_of(key) is None and value_of(value) is not None]
    return next((_once(path, found) for found in (straight, turned) if len(found) == len(content)), {})


def _once(path: Path, pairs: Iterable[tuple[Any, str]]) -> dict[int, str]:
    """Return `{value: name}` of pairs in which no value has two names, one of which would be lost."""
    names: dict[int, str] = {}
    for text, name in pairs:
        value = int(text)
        if names.setdefault(value, name) != name:
            problem = f"its value {value} is both {names[value]!r} and {name!r}"
            raise InputError(path, problem, f"give each value one name: {FORM}")
    return names


def _of_lines(path: Path, text: str) -> dict[int, str]:
    """Return the names in lines of a number and a name, empty where some line is none."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(("#", "//"))]
    for form in (SNAP, COLOURS, PAIR):
        found = [form.fullmatch(line) for line in lines]
        if found and all(found):
            return _once(path, ((fit[1], fit[2].strip().strip('"')) for fit in found if fit))
    return {}


def _of_columns(path: Path) -> dict[int, str]:
    text = read_text(path, FORM)
    return _of_rows(read_rows(text.replace("\t", ",") if path.suffix == ".tsv" else text, path, FORM), path)


def _of_rows(rows: list[dict[str, str]], path: Path) -> dict[int, str]:
    """Return the names in rows: values in the column of whole numbers, names in one of texts."""
    columns = {re.sub(r"[^a-z]", "", str(column).lower()): column for column in (rows[0] if rows else ())}
    values = {known: [value_of(row[columns[known]]) for row in rows] for known in columns}
    whole = [known for known in VALUES if known in columns and None not in values[known]]
    texts = [known for known in NAMES if known in columns and not any(value is not None for value in values[known])]
    if not whole or not texts:
        return {}
    return _once(path, ((row[columns[whole[0]]], row[columns[texts[0]]]) for row in rows))
