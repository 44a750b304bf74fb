"""The report's files: plots, CSV, Markdown, LaTeX and HTML, and their mirror at Weights & Biases."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from labelct.folders import together
from labelct.report import curves, hours, learning, page, plots, tables
from labelct.report.document import Report
from labelct.report.methods import Methods, methods
from labelct.report.scores import write_csv
from labelct.report.strips import Metric, dice_plot
from labelct.writing import write_text


def metrics(dice_from: float) -> list[Metric]:
    """Return what is drawn case by case, the Dice from `dice_from` on."""
    return [
        Metric("dice", "Dice", dice_from),
        Metric("surface_dice", "surface Dice", dice_from),
        Metric("hd95", "HD95 (mm)", high=None),
    ]


def write(report: Report, out: Path, dice_from: float = 0.0, forms: Sequence[plots.Form] = ()) -> dict[str, Path]:
    """Write a report into a folder.

    Args:
        report: The report.
        out: The folder; missing ones are made.
        dice_from: The lower end of the axes of Dice and surface Dice.
        forms: The forms that plots are written in, empty for all; the page shows the PNG.

    Returns:
        Its plots by caption, PNG.

    Raises:
        InputError: The folder cannot be written; nothing of the report is left in it.
    """
    with together(out) as folder:
        drawn = {}
        for caption, (name, figure) in _drawn(report, dice_from).items():
            drawn[caption] = folder / f"{name}.png"
            plots.save(figure, drawn[caption], forms or plots.FORMS)
        told = methods(report)
        write_csv(folder / "report.csv", report.results)
        if not report.folds.empty:
            write_csv(folder / "folds.csv", report.folds)
        if not report.hours.empty:
            write_csv(folder / "hours.csv", report.hours)
        write_text(folder / "report.tex", tables.latex(report.table))
        write_text(folder / "report.html", page.render(report, drawn, told, out))
        write_text(folder / "report.md", _markdown(report, drawn, told))
        if told.paragraphs:
            write_text(folder / "references.bib", told.bibtex)
    return {name: out / path.name for name, path in drawn.items()}


def mirror(report: Report, pictures: Mapping[str, Path], out: Path, project: str) -> None:
    """Log a report to Weights & Biases: the table, the plots, and the mean Dice of each arm as its summary.

    Args:
        report: The report.
        pictures: Its plots.
        out: The folder that it was written to.
        project: The project's name there.
    """
    from labelct.tracking import Description, LoggerSettings, track

    settings, config = LoggerSettings(wandb=True, project=project), {"report": str(out), "jobs": len(report.runs)}
    described = Description("report", config, "+".join(report.experiments) or None, ["report"], "report")
    with track(settings, out, described) as tracker:
        tracker.table("report", list(report.table), report.table.to_numpy().tolist())
        for path in pictures.values():
            tracker.figure(f"report/{path.stem}", path)
        names = report.results[["arm", "test", "label"]].agg("/".join, axis=1) + "/dice"
        tracker.summary(dict(zip(names, report.results["dice"], strict=True)))


def _drawn(report: Report, dice_from: float) -> dict[str, tuple[str, Figure]]:
    """Return the plots by caption, each with its name: every case of each arm, averaged over its runs, and curves."""
    shown = metrics(dice_from)
    columns = [metric.column for metric in shown]
    visible = report.shown
    points = (
        visible.rows(report.scores).groupby(["arm", "test", "label", "case"], sort=False)[columns].mean().reset_index()
    )
    if points["test"].nunique() > 1:
        points["label"] = points["test"] + ": " + points["label"]
    drawn = {metric.text: (metric.column, dice_plot(points, metric)) for metric in shown}
    for axis in curves.axes_of(report.runs, report.by):
        name = f"curve_{re.sub(r'[^A-Za-z0-9.@-]', '_', axis.choice)}"
        over = curves.points(axis, report.runs, report.by, report.results)
        few, left = curves.first_lines(over[over["label"].isin([label for _, label in visible.groups])])
        drawn[f"Dice against {axis.text}{left}"] = name, curves.curve(few, axis, dice_from)
    if len(learnt := learning.curves_of(visible.runs, report.by)):
        every = "every run" if len(visible.runs) == len(report.runs) else f"{len(visible.runs)} runs"
        drawn[f"loss and validation Dice of {every}"] = (
            "learning",
            learning.learning_plot(learnt, list(points["arm"].unique())),
        )
    return drawn


def _markdown(report: Report, pictures: Mapping[str, Path], told: Methods) -> str:
    plain = tables.markdown_text
    shown = [f"![{plain(name)}]({path.name})" for name, path in pictures.items()]
    failures = [f"- {plain(str(folder))}: {plain(reason)}" for folder, reason in report.failed]
    notes = [f"- {plain(remark)}" for remark in report.remarks]
    text = [f"# {plain(report.title)}", "", tables.markdown(report.table), *notes, "", *shown, ""]
    if not report.folds.empty:
        text += ["## Folds", "", tables.markdown(report.fold_table), ""]
    if not report.hours.empty:
        text += ["## Hours", "", tables.markdown(hours.cells(report.hours), len(report.by)), ""]
    if told.paragraphs:
        text += ["## Methods, in words to start from", "", told.markdown]
    return "\n".join([*text, *(["## Jobs without scores", "", *failures, ""] if failures else [])])
