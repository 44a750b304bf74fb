"""`labelct report FOLDER...`: the scores of many runs as one table, with tests against a reference arm and figures."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from labelct.commands import arms, axes, page, published, tables
from labelct.errors import InputError
from labelct.evaluation.settings import StatisticsSettings

FIGURES = {"dice": "Dice", "surface_dice": "surface Dice", "hd95": "HD95 (mm)"}


def main(argv: list[str]) -> int:
    """Gather the runs below some folders, print their table and write it in every form.

    Args:
        argv: The arguments behind the verb.

    Returns:
        0, for a report was written.

    Raises:
        LabelctError: Nothing to report, or an argument that fits no run.
    """
    arguments = _parser().parse_args(argv)
    settings = StatisticsSettings(margin=arguments.margin)
    jobs, failed = arms.gather(arguments.folders)
    if not jobs:
        reasons = f"; {len(failed)} jobs left none: {failed[0][1]} ({failed[0][0]})" if failed else ""
        where = ", ".join(str(folder) for folder in arguments.folders)
        raise InputError(where, f"no scores in it{reasons}", "give a folder that holds finished runs")
    asked = [name.strip() for name in arguments.by.split(",") if name.strip()]
    by = arms.check_choices(asked, jobs) if asked else arms.choices_that_vary(jobs)
    rows, remarks = arms.pool(jobs, by)
    reference = arms.reference_arm(arguments.reference, list(dict.fromkeys(row["arm"] for row in rows)))
    results, sources = published.join(_results(rows, by, reference, settings), published.find(arguments.expected, jobs))
    remarks += _remarks(results, reference, settings) + sources
    out = arguments.out or arguments.folders[0] / "report"
    out.mkdir(parents=True, exist_ok=True)
    table = tables.cells(results, by, reference, settings.margin)
    pictures = _pictures(out, jobs, by, rows, results, settings)
    title = ", ".join(sorted({job.experiment for job in jobs} - {""})) or "Scores"
    _write(out, title, results, table, remarks, failed, pictures, page.worst_overlays(jobs, by))
    if arguments.wandb:
        _mirror(out, arguments.wandb, jobs, results, table, pictures)
    _print(table, remarks, failed, out)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="labelct report", description="Gather the scores of many runs into one table."
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="runs, sweeps, or a folder above them")
    parser.add_argument("--reference", metavar="ARM", help="the arm to compare with: clinical, or clinical,low")
    parser.add_argument("--by", default="", metavar="NAMES", help="choices that make an arm: data,dose (all that vary)")
    parser.add_argument("--margin", type=float, default=StatisticsSettings.margin, help="margin of equivalence in Dice")
    parser.add_argument("--expected", type=Path, metavar="CSV", help="published values (those of the experiment)")
    parser.add_argument("--wandb", nargs="?", const="labelct", metavar="PROJECT", help="log it to Weights & Biases too")
    parser.add_argument("-o", "--out", type=Path, help="where the report goes (FOLDER/report)")
    return parser


def _results(
    rows: Sequence[Mapping[str, Any]], by: Sequence[str], reference: str | None, settings: StatisticsSettings
) -> list[dict[str, Any]]:
    """Return one row per test cohort, label and arm: summary and, beside a reference, comparison of the Dice."""
    from labelct.evaluation.statistics import compare_arms, summarise

    results = summarise(rows, [*by, "arm", "test", "label"], settings)
    comparisons = compare_arms(rows, reference, settings) if reference else []
    found = {(row["arm"], row["test"], row["label"]): row for row in comparisons}
    joined = [row | found.get((row["arm"], row["test"], row["label"]), {}) for row in results]
    order = list(dict.fromkeys((row["test"], row["label"]) for row in results))
    return sorted(joined, key=lambda row: order.index((row["test"], row["label"])))


def _remarks(results: Sequence[Mapping[str, Any]], reference: str | None, settings: StatisticsSettings) -> list[str]:
    """Return what a reader must know to judge the table."""
    compared = [row for row in results if "method" in row]
    remarks = ["Mean ± standard deviation over cases, the runs of an arm averaged per case first."]
    if any(row["absent"] for row in results):
        remarks.append("absent: in truth and prediction, counted and in no mean.")
    if any(row["missed"] or row["invented"] for row in results):
        remarks.append("missed or invented: on one side only; Dice and surface Dice 0, no HD95.")
    if compared:
        remarks.append(f"Δ, p and effect (rank-biserial) against {reference}, Holm over the arms of a test and label.")
        remarks.append(f"p equiv.: TOST, below 0.05 the arms are equivalent within ±{settings.margin:g} Dice.")
    if any(row["method"] == "mann-whitney" for row in compared):
        remarks.append("Some arms have other cases than the reference: Mann-Whitney, unpaired.")
    weak = [row for row in compared if row["method"] == "none" or row["smallest_p"] > 0.05]
    if weak:
        least = max((row["smallest_p"] for row in weak if row["method"] != "none"), default=1.0)
        remarks.append(f"Warning: too few cases to show a difference (the least p possible is {least:.3g}).")
    few = min((row["n"] for row in results), default=0)
    if few < 10:
        remarks.append(f"Warning: with n = {few} an interval by bootstrap is too narrow.")
    return remarks


def _pictures(
    out: Path,
    jobs: Sequence[arms.Job],
    by: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    results: Sequence[Mapping[str, Any]],
    settings: StatisticsSettings,
) -> dict[str, Path]:
    """Draw every case of each arm, averaged over its runs, and the curve of each quantity; by caption."""
    from labelct.evaluation.curves import curve
    from labelct.evaluation.figures import dice_plot
    from labelct.evaluation.statistics import summarise

    points = summarise(rows, ["arm", "test", "label", "case"], settings)
    several = len({row["test"] for row in points}) > 1
    points = [{**row, "label": f"{row['test']}: {row['label']}"} if several else row for row in points]
    drawn = {name: out / f"{metric}.png" for metric, name in FIGURES.items()}
    for (metric, name), path in zip(FIGURES.items(), drawn.values(), strict=True):
        dice_plot(points, path, metric, name)
    for axis in axes.axes_of(jobs, by):
        path = out / f"curve_{axis.choice.replace('/', '_')}.png"
        curve(axes.lines(axis, jobs, by, results), path, axis.text, "Dice", axis.logarithmic)
        drawn[f"Dice against {axis.text}"] = path
    return drawn


def _write(
    out: Path,
    title: str,
    results: Sequence[Mapping[str, Any]],
    table: tuple[list[str], list[list[str]]],
    remarks: Sequence[str],
    failed: Sequence[tuple[Path, str]],
    pictures: Mapping[str, Path],
    worst: Mapping[str, Path],
) -> None:
    """Write the report's files into `out`."""
    from labelct.store import write_text

    write_text(out / "report.csv", tables.comma_separated(results))
    write_text(out / "report.tex", tables.latex(*table))
    write_text(out / "report.html", page.render(title, table, remarks, pictures, worst, failed))
    shown = [f"![{name}]({path.name})" for name, path in pictures.items()]
    failures = ["## Jobs without scores", "", *(f"- `{folder}`: {reason}" for folder, reason in failed), ""]
    notes = [f"- {remark}" for remark in remarks]
    text = [f"# {title}", "", tables.markdown(*table), *notes, "", *shown, "", *(failures if failed else [])]
    write_text(out / "report.md", "\n".join(text))


def _mirror(
    out: Path,
    project: str,
    jobs: Sequence[arms.Job],
    results: Sequence[Mapping[str, Any]],
    table: tuple[list[str], list[list[str]]],
    pictures: Mapping[str, Path],
) -> None:
    """Log the report to Weights & Biases: the table, the plots, and the mean Dice of each arm as its summary."""
    from labelct.tracking import Description, LoggerSettings, track

    names = sorted({job.experiment for job in jobs} - {""})
    settings, config = LoggerSettings(kind="wandb", project=project), {"report": str(out), "jobs": len(jobs)}
    described = Description("report", config, "+".join(names) or None, ["report"], "report")
    with track(settings, out, described) as tracker:
        tracker.table("report", *table)
        for path in pictures.values():
            tracker.figure(f"report/{path.stem}", path)
        tracker.summary({f"{row['arm']}/{row['test']}/{row['label']}/dice": row["dice"] for row in results})


def _print(
    table: tuple[list[str], list[list[str]]], remarks: Sequence[str], failed: Sequence[tuple[Path, str]], out: Path
) -> None:
    """Print the table, what to know about it, the failed jobs and where the files are."""
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, 170)
    shown = tables.fitting(*table, console.width)
    console.print(tables.console(*shown, title="Scores"))
    if hidden := [name for name in table[0] if name not in shown[0]]:
        console.print(f"Left out for want of width, see report.md: {', '.join(hidden)}.", style="dim")
    for remark in remarks:
        console.print(remark, markup=False, style="yellow" if remark.startswith("Warning") else "dim")
    for folder, reason in failed:
        console.print(f"no scores: {folder}: {reason}", markup=False, style="red", soft_wrap=True)
    console.print(f"report.html, report.md, report.csv, report.tex and figures: {out}", markup=False, soft_wrap=True)
