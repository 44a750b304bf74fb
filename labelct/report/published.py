"""Published values beside ours: `expected.csv` of an experiment, matched by the choices that make an arm."""

import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from labelct.config import configuration_folder
from labelct.errors import InputError
from labelct.report.arms import FinishedRun
from labelct.texts import read_text

EXPECTED = "give a CSV file to --expected"
COLUMNS = ("label", "dice", "source")
MORE = ("sd", "statement")


def find(asked: Path | None, runs: Sequence[FinishedRun]) -> Path | None:
    """Return the file of published values: the one asked for, or that of the experiment which all runs belong to."""
    if asked is not None:
        return asked
    names = {run.experiment for run in runs}
    path = configuration_folder().parent / "experiments" / next(iter(names), "") / "expected.csv"
    return path if len(names) == 1 and names != {""} and path.is_file() else None


def join(results: pd.DataFrame, path: Path | None) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of a report with `expected` where something was published, and where that comes from.

    Args:
        results: The rows of the report.
        path: A CSV file with the columns `label`, `dice`, `source` and one for each choice that a value stands for;
            `sd` may say how far the cases spread, `statement` what was published in place of a value.

    Raises:
        InputError: The file cannot be read or has other columns.
    """
    if path is None:
        return results, []
    values = _read(path)
    keys = [name for name in values if name not in (*COLUMNS[1:], *MORE, "expected")]
    if not set(keys) <= set(results):
        return results, []
    published = values.drop_duplicates(keys)[[*keys, "expected"]]
    joined = results.merge(published, how="left", on=keys)
    if joined["expected"].isna().all():
        return results, []
    return joined, [f"paper: {source}." for source in values["source"].unique()]


def _read(path: Path) -> pd.DataFrame:
    """Return the lines that hold a value or a statement, as text, with `expected`: the one or the other."""
    try:
        values = pd.read_csv(io.StringIO(read_text(path, EXPECTED)), dtype=str, keep_default_na=False)
    except ValueError as error:
        raise InputError(path, f"cannot be read ({error})", EXPECTED) from error
    if not set(COLUMNS) <= set(values):
        raise InputError(path, f"lacks one of the columns {', '.join(COLUMNS)}", "see experiments/table1/expected.csv")
    sd, statement = (values.get(name, pd.Series("", values.index)) for name in MORE)
    shown = (values["dice"] + (" ± " + sd).where(sd != "", "")).where(values["dice"] != "", statement)
    return values.assign(expected=shown)[shown != ""]
