"""The report's files: plots, CSV, Markdown, LaTeX and HTML, and their mirror at Weights & Biases."""

import re
from collections.abc import Mapping
from pathlib import Path

from labelct.folders import together
from labelct.report import curves, hours, page, tables
from labelct.report.document import Report
from labelct.report.scores import write_csv
from labelct.report.strips import dice_plot
from labelct.store import write_text

FIGURES = {"dice": "Dice", "surface_dice": "surface Dice", "hd95": "HD95 (mm)"}


def write(report: Report, out: Path) -> dict[str, Path]:
    """Write a report into a folder.

    Args:
        report: The report.
        out: The folder; missing ones are made.

    Returns:
        Its plots by caption.

    Raises:
        InputError: The folder cannot be written; nothing of the report is left in it.
    """
    with together(out) as folder:
        pictures = _draw(report, folder)
        write_csv(folder / "report.csv", report.results)
        if not report.folds.empty:
            write_csv(folder / "folds.csv", report.folds)
        if not report.hours.empty:
            write_csv(folder / "hours.csv", report.hours)
        write_text(folder / "report.tex", tables.latex(report.table))
        write_text(folder / "report.html", page.render(report, pictures))
        write_text(folder / "report.md", _markdown(report, pictures))
    return {name: out / path.name for name, path in pictures.items()}


def mirror(report: Report, pictures: Mapping[str, Path], out: Path, project: str) -> None:
    """Log a report to Weights & Biases: the table, the plots, and the mean Dice of each arm as its summary.

    Args:
        report: The report.
        pictures: Its plots.
        out: The folder that it was written to.
        project: The project's name there.
    """
    from labelct.tracking import Description, LoggerSettings, track

    settings, config = LoggerSettings(kind="wandb", project=project), {"report": str(out), "jobs": len(report.runs)}
    described = Description("report", config, "+".join(report.experiments) or None, ["report"], "report")
    with track(settings, out, described) as tracker:
        tracker.table("report", list(report.table), report.table.to_numpy().tolist())
        for path in pictures.values():
            tracker.figure(f"report/{path.stem}", path)
        names = report.results[["arm", "test", "label"]].agg("/".join, axis=1) + "/dice"
        tracker.summary(dict(zip(names, report.results["dice"], strict=True)))


def _draw(report: Report, out: Path) -> dict[str, Path]:
    """Draw every case of each arm, averaged over its runs, and the curve of each quantity; by caption."""
    points = report.scores.groupby(["arm", "test", "label", "case"], sort=False)[list(FIGURES)].mean().reset_index()
    if points["test"].nunique() > 1:
        points["label"] = points["test"] + ": " + points["label"]
    drawn = {name: out / f"{metric}.png" for metric, name in FIGURES.items()}
    for (metric, name), path in zip(FIGURES.items(), drawn.values(), strict=True):
        dice_plot(points, path, metric, name)
    for axis in curves.axes_of(report.runs, report.by):
        path = out / f"curve_{re.sub(r'[^A-Za-z0-9.@-]', '_', axis.choice)}.png"
        curves.curve(curves.points(axis, report.runs, report.by, report.results), path, axis)
        drawn[f"Dice against {axis.text}"] = path
    return drawn


def _markdown(report: Report, pictures: Mapping[str, Path]) -> str:
    plain = tables.markdown_text
    shown = [f"![{plain(name)}]({path.name})" for name, path in pictures.items()]
    failures = [f"- {plain(str(folder))}: {plain(reason)}" for folder, reason in report.failed]
    notes = [f"- {plain(remark)}" for remark in report.remarks]
    text = [f"# {plain(report.title)}", "", tables.markdown(report.table), *notes, "", *shown, ""]
    if not report.folds.empty:
        text += ["## Folds", "", tables.markdown(report.fold_table), ""]
    if not report.hours.empty:
        text += ["## Hours", "", tables.markdown(hours.cells(report.hours), len(report.by)), ""]
    return "\n".join([*text, *(["## Jobs without scores", "", *failures, ""] if failures else [])])
