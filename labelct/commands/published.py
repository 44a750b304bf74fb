"""Published values beside ours: `expected.csv` of an experiment, matched by the choices that make an arm."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from labelct.commands.arms import Job
from labelct.config import configuration_folder
from labelct.errors import InputError

COLUMNS = ("label", "dice", "source")


def find(asked: Path | None, jobs: Sequence[Job]) -> Path | None:
    """Return the file of published values: the one asked for, or that of the experiment which all jobs belong to."""
    if asked is not None:
        return asked
    names = {job.experiment for job in jobs}
    path = configuration_folder().parent / "experiments" / next(iter(names), "") / "expected.csv"
    return path if len(names) == 1 and names != {""} and path.is_file() else None


def join(results: Sequence[Mapping[str, Any]], path: Path | None) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the rows of a report with `expected` where something was published, and where that comes from.

    Args:
        results: The rows of the report.
        path: A CSV file with the columns `label`, `dice`, `source` and one for each choice that a value stands for.

    Raises:
        InputError: The file cannot be read or has other columns.
    """
    values = _read(path) if path else []
    joined = []
    for row in results:
        fits = [
            value for value in values if all(str(row.get(k)) == v for k, v in value.items() if k not in COLUMNS[1:])
        ]
        joined.append({**row, "expected": fits[0]["dice"]} if fits else dict(row))
    sources = dict.fromkeys(value["source"] for value in values)
    return joined, [f"paper: {source}." for source in sources if any("expected" in row for row in joined)]


def _read(path: Path) -> list[dict[str, str]]:
    """Return the lines that hold a value."""
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except OSError as error:
        raise InputError(path, f"cannot be read ({error.strerror})", "give a CSV file to --expected") from error
    if rows and not set(COLUMNS) <= set(rows[0]):
        raise InputError(path, f"lacks one of the columns {', '.join(COLUMNS)}", "see experiments/table1/expected.csv")
    return [row for row in rows if row["dice"]]
