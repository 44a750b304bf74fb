"""The report's table as cells of text, and its forms: console, CSV, Markdown, LaTeX."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

MOST_ROWS = 500  # that a console is given
WIDE = 170  # characters of a line in a file, where rich takes 80; as many as all columns of a comparison need
# Columns that a narrow terminal does without, the least important first.
EXPENDABLE = ("effect r", "p equiv.", "invented", "surface Dice", "test", "runs", "HD95 mm", "missed", "95 % CI")
# What Markdown takes for markup; an underscore within a word is none.
MARKUP = re.compile(r"[\\`\[\]|*~$]|(?<![^\W_])_|_(?![^\W_])")
# What LaTeX lacks, besides the letters that pandas escapes.
TEX = str.maketrans({"±": r"$\pm$", "–": "--", "−": "$-$", "Δ": r"$\Delta$", "<": "$<$"})


def cells(results: pd.DataFrame, by: Sequence[str], reference: str | None, margin: float) -> pd.DataFrame:
    """Return the table as text.

    Args:
        results: One row per arm, test cohort and label: `statistics.summarise`, joined with `statistics.compare_arms`.
        by: The choices that make an arm; one column each.
        reference: The arm that the others are compared with, or None.
        margin: The margin of equivalence.

    Returns:
        The table; its first columns, up to `n`, name what a row is about.
    """
    rows = results.to_dict("records")
    table = results[[*by, "test", "label", "n"]].astype(str)
    if (results["runs"] > 1).any():
        table["runs"] = results["runs"].astype(str)
    table["Dice"] = [spread(row, "dice", 3) for row in rows]
    if "expected" in results:
        table["paper"] = results["expected"].fillna("–")
    table["95 % CI"] = [_interval(row) for row in rows]
    table["surface Dice"] = [spread(row, "surface_dice", 3) for row in rows]
    table["HD95 mm"] = [spread(row, "hd95", 1) for row in rows]
    table["absent"] = results["absent"].astype(str)
    if results[["missed", "invented"]].any(axis=None):
        table[["missed", "invented"]] = results[["missed", "invented"]].astype(str)
    if reference:
        table[["Δ Dice", "p (Holm)", "effect r", f"p equiv. ±{margin:g}"]] = [_comparison(r, reference) for r in rows]
    return table


def first_number(table: pd.DataFrame) -> int:
    """Return how many columns name what a row is about; numbers follow."""
    return int(table.columns.get_loc("n"))


def fitting(table: pd.DataFrame, width: int) -> pd.DataFrame:
    """Return the table without the columns, least important first, that `width` characters leave no room for.

    A column that tells rows apart stays.
    """
    between = 3  # blanks and rule between two columns
    widths = {name: max(len(name), int(table[name].str.len().max())) + between for name in table}
    telling = {name for name in table.columns[: first_number(table)] if table[name].nunique() > 1}
    spare = [name for start in EXPENDABLE for name in table if name.startswith(start) and name not in telling]
    while spare and sum(widths.values()) > width:
        del widths[spare.pop(0)]
    return table[list(widths)]


def show(table: pd.DataFrame, console: Console, whole: str) -> None:
    """Print the table on a console, and which columns it leaves out for want of width.

    Args:
        table: As text.
        console: Where; one that is no terminal is widened.
        whole: The file that has all columns.
    """
    if not console.is_terminal:
        console.width = max(console.width, WIDE)
    shown = fitting(table, console.width)
    console.print(_laid_out(shown[:MOST_ROWS]))
    if len(shown) > MOST_ROWS:
        console.print(f"{len(shown) - MOST_ROWS} more rows, see {whole}.", style="dim", markup=False)
    if hidden := [name for name in table if name not in shown]:
        console.print(f"Left out for want of width, see {whole}: {', '.join(hidden)}.", style="dim", markup=False)


def _laid_out(table: pd.DataFrame) -> Table:
    """Return the table for a terminal; what names hold is shown and never taken for rich's markup."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    shown = Table(title="Scores", box=box.SIMPLE_HEAD, title_justify="left", padding=(0, 1, 0, 0))
    for column, name in enumerate(table):
        number = column >= first_number(table)
        shown.add_column(Text(name), justify="right" if number else "left", overflow="fold", no_wrap=number)
    for line in table.itertuples(index=False):
        shown.add_row(*map(Text, line))
    return shown


def markdown(table: pd.DataFrame, named: int | None = None) -> str:
    """Return the table in Markdown; pandas' own form takes one more package.

    Args:
        table: As text.
        named: How many columns name what a row is about; None: those before `n`.
    """
    first = first_number(table) if named is None else named
    rule = ["---" if column < first else "---:" for column in range(table.shape[1])]
    lines = [list(table), rule, *table.to_numpy().tolist()]
    return "\n".join("| " + " | ".join(map(markdown_text, line)) + " |" for line in lines) + "\n"


def markdown_text(text: str) -> str:
    """Return text that Markdown shows as it is: no HTML, link, picture, code or cell of its own in it."""
    return MARKUP.sub(r"\\\g<0>", escape(" ".join(text.split()), quote=False))


def latex(table: pd.DataFrame) -> str:
    """Return the table in LaTeX, for the package booktabs."""
    columns = "l" * first_number(table) + "r" * (table.shape[1] - first_number(table))
    return table.to_latex(index=False, escape=True, column_format=columns).translate(TEX)


def html(table: pd.DataFrame) -> str:
    """Return the table in HTML, without a style of its own."""
    return table.to_html(index=False, border=0, justify="unset")


def spread(row: Mapping[str, Any], metric: str, digits: int) -> str:
    """Return mean and standard deviation of a metric as text."""
    mean, std = row[metric], row[f"{metric}_std"]
    return "–" if math.isnan(mean) else f"{mean:.{digits}f}" + ("" if math.isnan(std) else f" ± {std:.{digits}f}")


def _interval(row: Mapping[str, Any]) -> str:
    return "–" if math.isnan(row["dice_low"]) else f"{row['dice_low']:.3f} – {row['dice_high']:.3f}"


def _comparison(row: Mapping[str, Any], reference: str) -> list[str]:
    if row["arm"] == reference:
        return ["reference", "", "", ""]
    if math.isnan(row["difference"]):
        return ["–"] * 4
    difference = f"{row['difference']:+.3f}".replace("-", "−")
    effect = "–" if math.isnan(row["rank_biserial"]) else f"{row['rank_biserial']:+.2f}".replace("-", "−")
    return [difference, _p(row["p_holm"]), effect, _p(row["p_equivalence"])]


def _p(value: float) -> str:
    return "–" if math.isnan(value) else "<0.001" if value < 0.001 else f"{value:.3f}"
