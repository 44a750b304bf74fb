"""What is said of each case in a table beside the cohort, for folds that are alike in it."""

from collections.abc import Iterable
from pathlib import Path

from labelct.errors import InputError, did_you_mean
from labelct.texts import read_rows, read_text

# Where the table may lie below a cohort's root, and its column of case names; the second is TotalSegmentator's own.
TABLES = (("index.csv", "case"), ("meta.csv", "image_id"))


def column(root: Path, name: str, cases: Iterable[str]) -> dict[str, str]:
    """Return what a column of a cohort's table says of each case.

    Args:
        root: The cohort's folder; its `index.csv` has a column `case`, or its `meta.csv` a column `image_id`. UTF-8;
            fields are separated by commas, or by semicolons where the first line has one.
        name: The column.
        cases: The cases that must be there.

    Returns:
        `{case: text}`.

    Raises:
        InputError: There is no table or column, a case is not in it, is in it twice or has nothing in that column.
    """
    path, rows = _table(root)
    if name not in next(iter(rows.values())):
        known = list(next(iter(rows.values())))
        remedy = did_you_mean(name, known) or f"evaluation.strata= takes target_volume, {', '.join(known)}"
        raise InputError(path, f"has no column {name!r}", remedy)
    found = {case: (rows[case][name] or "").strip() if case in rows else None for case in cases}
    for case, text in found.items():
        if not text:
            problem = f"has no line for case {case}" if text is None else f"says nothing in {name!r} of case {case}"
            raise InputError(path, problem, "fill it in, or leave the case out with cohort.cases=")
    return {case: text for case, text in found.items() if text}


def _table(root: Path) -> tuple[Path, dict[str, dict[str, str]]]:
    """Return the cohort's table and its rows by case, without the column of the cases."""
    files = " or ".join(f"{file} with a column {key}" for file, key in TABLES)
    path, key = next(((root / file, key) for file, key in TABLES if (root / file).is_file()), (root, ""))
    if path == root:
        raise InputError(root, "holds no table of its cases", f"write {files}, or set evaluation.strata=target_volume")
    remedy = "save it as CSV in UTF-8"
    lines = read_rows(read_text(path, remedy), path, remedy)
    if not lines or key not in lines[0]:
        raise InputError(path, f"has no column {key!r} or no line", f"write {files}")
    rows: dict[str, dict[str, str]] = {}
    for line in lines:
        case = line.pop(key)
        if case in rows:
            raise InputError(path, f"case {case} is twice there", "keep one line of each case")
        rows[case] = line
    return path, rows
