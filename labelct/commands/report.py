"""`labelct report FOLDER...`: the scores of many runs as one table, with tests against a reference arm and figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from labelct.commands.arguments import Parser
from labelct.errors import SettingError
from labelct.folders import check_takes_files
from labelct.report.settings import StatisticsSettings

if TYPE_CHECKING:
    from labelct.report.document import Report


def parser() -> Parser:
    """Return the parser of the command line."""
    command = Parser(prog="labelct report", description="Gather the scores of many runs into one table.")
    add = command.add_argument
    add("folders", nargs="+", type=Path, metavar="FOLDER", help="runs, sweeps, or a folder above them")
    add("--reference", metavar="ARM", help="the arm to compare with: clinical, or clinical,low")
    add("--by", default="", metavar="NAMES", help="choices that make an arm: data,dose (all that vary)")
    add("--margin", type=float, default=StatisticsSettings.margin, help="margin of equivalence in Dice")
    add(
        "--dice-from", type=float, default=0.0, metavar="X", help="lower end of the axes of Dice (0), to see small gaps"
    )
    add("--expected", type=Path, metavar="CSV", help="published values (those of the experiment)")
    add("--wandb", nargs="?", const="labelct", metavar="PROJECT", help="log it to Weights & Biases too")
    add("-o", "--out", type=Path, help="where the report goes (FOLDER/report)")
    return command


def main(argv: Sequence[str]) -> int:
    """Gather the runs below some folders, print their table and write it in every form.

    Args:
        argv: The arguments behind the verb.

    Returns:
        0, for a report was written.

    Raises:
        LabelctError: Nothing to report, or an argument that fits no run.
    """
    given = parser().parse_args(argv)
    settings = StatisticsSettings(margin=given.margin)
    if not 0.0 <= given.dice_from < 1.0:
        raise SettingError("--dice-from", given.dice_from, "a Dice from 0 to below 1")
    from labelct.report import document, files

    out = given.out or given.folders[0] / "report"
    if given.folders[0].is_dir():  # one that is not is named as such below, and not made
        check_takes_files(out)
    by = [name.strip() for name in given.by.split(",") if name.strip()]
    report = document.gather(given.folders, by, given.reference, given.expected, settings)
    pictures = files.write(report, out, given.dice_from)
    if given.wandb:
        files.mirror(report, pictures, out, given.wandb)
    _print(report, out)
    return 0


def _print(report: Report, out: Path) -> None:
    """Print the table, what to know about it, the failed jobs and where the files are."""
    from rich.console import Console

    from labelct.report import tables

    console = Console(highlight=False)
    tables.show(report.table, console, "report.md")
    for remark in report.remarks:
        console.print(remark, markup=False, style="yellow" if remark.startswith("Warning") else "dim")
    for folder, reason in report.failed:
        console.print(f"no scores: {folder}: {reason}", markup=False, style="red", soft_wrap=True)
    console.print(
        f"report.html, report.md, report.csv, report.tex and figures (PNG, SVG, PDF): {out}",
        markup=False,
        soft_wrap=True,
    )
