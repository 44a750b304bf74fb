"""Tables of scores, one row a test cohort, case and label: their columns, and how they lie on disk."""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from labelct.evaluation.metrics import METRICS
from labelct.writing import write_text

NAMES = ("test", "case", "label")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
WORDS = (*NAMES, "absent")
LIMITS = {"dice": (0.0, 1.0), "surface_dice": (0.0, 1.0), "hd95": (0.0, math.inf)}


def table(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return score rows as a table: what names a row first, then the metrics; null and NaN are both NaN.

    Raises:
        KeyError, ValueError: They are no score rows.
    """
    scores = pd.DataFrame(list(rows))
    if scores.empty:
        return pd.DataFrame(columns=[*NAMES, *METRICS])
    first = [*NAMES, *(name for name in METRICS if name in scores)]
    scores = scores[[*first, *(name for name in scores if name not in first)]]
    return scores.astype({name: float for name in scores if name not in WORDS})


def check(scores: pd.DataFrame) -> None:
    """Raise `ValueError` where a table can be none of a job: a name is no text, a row is there twice, a metric is none.

    Args:
        scores: As `table` returns it.
    """
    for name in NAMES:
        if not scores[name].map(lambda cell: isinstance(cell, str) and bool(cell)).all():
            raise ValueError(f"{name!r} is not a text in every row")
    for name in (name for name in METRICS if name in scores):
        low, high = LIMITS.get(name, (-math.inf, math.inf))
        wrong = scores[name][~scores[name].between(low, high) & scores[name].notna() | scores[name].abs().eq(math.inf)]
        if len(wrong):
            raise ValueError(f"{name}={wrong.iloc[0]:g} cannot be")
    if scores.duplicated(list(NAMES)).any():
        raise ValueError("a test, case and label is there twice")


def mean_dice(scores: pd.DataFrame) -> float | None:
    """Return the mean Dice over the rows where it is defined, None where it is in none: absent is never a score."""
    mean = scores["dice"].mean()
    return None if pd.isna(mean) else float(mean)


def plain(scores: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows for JSON: None, which it has, in place of NaN, which it has not."""
    return scores.astype(object).where(scores.notna(), None).to_dict("records")


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV with every digit; pandas takes as many as NumPy prints, which any import may set.

    A name that a spreadsheet would run as a formula gets the apostrophe that keeps it a text.
    """
    table = table.map(lambda cell: f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell)
    write_text(path, table.to_csv(index=False, lineterminator="\n", float_format=lambda value: repr(float(value))))
