"""Tables of scores, one row a test cohort, case and label: their columns, and how they lie on disk."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from labelct.evaluation.metrics import METRICS
from labelct.store import write_text

NAMES = ("test", "case", "label")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
WORDS = (*NAMES, "absent")


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


def plain(scores: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows for JSON: None, which it has, in place of NaN, which it has not."""
    return scores.astype(object).where(scores.notna(), None).to_dict("records")


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV with every digit; pandas takes as many as NumPy prints, which any import may set.

    A name that a spreadsheet would run as a formula gets the apostrophe that keeps it a text.
    """
    table = table.map(lambda cell: f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell)
    write_text(path, table.to_csv(index=False, lineterminator="\n", float_format=lambda value: repr(float(value))))
