"""The report's table as cells of text, and its forms: console, CSV, Markdown, LaTeX."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

EXPENDABLE = ("effect r", "p equiv.", "invented", "surface Dice", "test", "runs", "HD95 mm", "missed", "95 % CI")
TEX = {
    "&": r"\&",
    "%": r"\%",
    "_": r"\_",
    "#": r"\#",
    "±": r"$\pm$",
    "–": "--",
    "−": "$-$",
    "Δ": r"$\Delta$",
    "<": "$<$",
}


def cells(
    results: Sequence[Mapping[str, Any]], by: Sequence[str], reference: str | None, margin: float
) -> tuple[list[str], list[list[str]]]:
    """Return the header and the lines of the table as text.

    Args:
        results: One row per arm, test cohort and label: `statistics.summarise`, joined with `statistics.compare_arms`.
        by: The choices that make an arm; one column each.
        reference: The arm that the others are compared with, or None.
        margin: The margin of equivalence.

    Returns:
        Header and lines.
    """
    several_runs = any(row["runs"] > 1 for row in results)
    one_sided = any(row["missed"] or row["invented"] for row in results)
    published = any("expected" in row for row in results)
    header = [*by, "test", "label", "n", *(["runs"] if several_runs else []), "Dice"]
    header += [*(["paper"] if published else []), "95 % CI", "surface Dice", "HD95 mm", "absent"]
    header += ["missed", "invented"] if one_sided else []
    header += ["Δ Dice", "p (Holm)", "effect r", f"p equiv. ±{margin:g}"] if reference else []
    lines = []
    for row in results:
        line = [
            *(str(row[name]) for name in (*by, "test", "label", "n")),
            *([str(row["runs"])] if several_runs else []),
        ]
        line += [_spread(row, "dice", 3), *([row.get("expected", "–")] if published else []), _interval(row)]
        line += [_spread(row, "surface_dice", 3), _spread(row, "hd95", 1)]
        line += [str(row["absent"]), *([str(row["missed"]), str(row["invented"])] if one_sided else [])]
        lines.append(line + (_comparison(row, reference) if reference else []))
    return header, lines


def fitting(header: Sequence[str], lines: Sequence[Sequence[str]], width: int) -> tuple[list[str], list[list[str]]]:
    """Return the table without the columns, least important first, that `width` characters leave no room for."""
    kept = list(range(len(header)))
    widths = [max(len(line[column]) for line in (header, *lines)) + 3 for column in kept]
    spare = sorted((name for name in header if name.startswith(EXPENDABLE)), key=lambda name: _rank(name))
    while spare and sum(widths[column] for column in kept) > width:
        kept.remove(header.index(spare.pop(0)))
    return [header[column] for column in kept], [[line[column] for column in kept] for line in lines]


def console(header: Sequence[str], lines: Sequence[Sequence[str]], title: str) -> Table:
    """Return the table for a terminal."""
    from rich import box
    from rich.table import Table

    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    first_number = header.index("n")
    for column, name in enumerate(header):
        table.add_column(name, justify="left" if column < first_number else "right", overflow="fold")
    for line in lines:
        table.add_row(*line)
    return table


def markdown(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return the table in Markdown."""
    rule = ["---" if column < header.index("n") else "---:" for column in range(len(header))]
    escaped = [[cell.replace("|", r"\|") for cell in line] for line in (header, rule, *lines)]
    return "\n".join("| " + " | ".join(line) + " |" for line in escaped) + "\n"


def latex(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return the table in LaTeX, for the package booktabs."""
    first_number = header.index("n")
    body = [" & ".join(_tex(cell) for cell in line) + r" \\" for line in lines]
    return "\n".join(
        [
            r"\begin{tabular}{" + "l" * first_number + "r" * (len(header) - first_number) + "}",
            r"\toprule",
            " & ".join(_tex(name) for name in header) + r" \\",
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            "",
        ]
    )


def comma_separated(results: Sequence[Mapping[str, Any]]) -> str:
    """Return every number of the results as CSV, NaN as an empty cell."""
    text = io.StringIO()
    names = list(dict.fromkeys(name for row in results for name in row))
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    for row in results:
        writer.writerow(
            {name: "" if isinstance(value, float) and math.isnan(value) else value for name, value in row.items()}
        )
    return text.getvalue()


def _rank(name: str) -> int:
    return next(rank for rank, start in enumerate(EXPENDABLE) if name.startswith(start))


def _spread(row: Mapping[str, Any], metric: str, digits: int) -> str:
    mean, std = row[metric], row[f"{metric}_std"]
    return "–" if math.isnan(mean) else f"{mean:.{digits}f}" + ("" if math.isnan(std) else f" ± {std:.{digits}f}")


def _interval(row: Mapping[str, Any]) -> str:
    return "–" if math.isnan(row["dice_low"]) else f"{row['dice_low']:.3f} – {row['dice_high']:.3f}"


def _comparison(row: Mapping[str, Any], reference: str) -> list[str]:
    if row["arm"] == reference:
        return ["reference", "", "", ""]
    if "difference" not in row or math.isnan(row["difference"]):
        return ["–"] * 4
    difference = f"{row['difference']:+.3f}".replace("-", "−")
    effect = "–" if math.isnan(row["rank_biserial"]) else f"{row['rank_biserial']:+.2f}".replace("-", "−")
    return [difference, _p(row["p_holm"]), effect, _p(row["p_equivalence"])]


def _p(value: float) -> str:
    return "–" if math.isnan(value) else "<0.001" if value < 0.001 else f"{value:.3f}"


def _tex(text: str) -> str:
    return "".join(TEX.get(letter, letter) for letter in text)
