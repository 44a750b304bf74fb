"""A metric against a quantity that was varied: dose, number of label maps, chance of a dropped label."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from labelct.report import plots
from labelct.report.arms import FinishedRun
from labelct.report.configuration import value_of


@dataclass(frozen=True)
class Axis:
    """A choice that is a quantity.

    Attributes:
        choice: The group or key that was varied.
        key: The key of the configuration that holds its number.
        text: What the axis says.
        logarithmic: Whether it is drawn logarithmically.
        other: What no number stands for, by name; empty: the option's own name.
    """

    choice: str
    key: str
    text: str
    logarithmic: bool = False
    other: str = ""


MOST_LINES = 40  # twenty colours differ
MOST_TICKS = 40  # numbers along an axis
MOST_COLUMNS = 3  # of panels, which fill the width of a page
ROOM = 0.01  # of the axis above a Dice of 1, which is else drawn on its edge
KNOWN = (
    Axis("dose", "dose.mas", "tube load of the simulated scans (mAs)", True, "no noise"),
    Axis("limit.train", "limit.train", "label maps to train on", True, "all"),
    Axis("drop", "drop.probability", "chance that a label is left out"),
)


def axes_of(runs: Sequence[FinishedRun], by: Sequence[str]) -> list[Axis]:
    """Return the choices of `by` that are quantities with two numbers at least, known ones or typed numbers."""
    known = {axis.choice: axis for axis in KNOWN}
    axes = [known.get(name, Axis(name, name, name)) for name in by if name in known or "." in name]
    return [axis for axis in axes if len({_number(run, axis) for run in runs} - {None}) > 1]


def points(axis: Axis, runs: Sequence[FinishedRun], by: Sequence[str], results: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a report as points of a curve.

    Args:
        axis: The quantity.
        runs: The runs, for their numbers.
        by: The choices that make an arm.
        results: The rows of the report.

    Returns:
        `results` with `x`, NaN for what has no number (no noise, every case), `tick`, what the axis says there,
        `line`: the other choices, else the label, and `panel`: the test cohort and, beside other choices, the label, as
        far as they vary.
    """
    numbers = {run.arm(by): _number(run, axis) for run in runs}
    x = results["arm"].map(numbers).astype(float)
    tick = x.map("{:g}".format).where(x.notna(), axis.other or results[axis.choice])
    parts = [name for name in by if name != axis.choice]
    several = [name for name in ("test", "label") if results[name].nunique() > 1]
    if not parts and "label" in several:
        parts = [several.pop()]
    line = results[parts].agg(", ".join, axis=1) if parts else "dice"
    panel = results[several].agg(": ".join, axis=1) if several else ""
    return results.assign(x=x, tick=tick, line=line, panel=panel)


def first_lines(points: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the points of the first `MOST_LINES` lines, and how many of all these are; empty text for all."""
    lines = points["line"].unique()
    left = f" (the first {MOST_LINES} of {len(lines)} lines)" if len(lines) > MOST_LINES else ""
    return points[points["line"].isin(lines[:MOST_LINES])], left


def curve(points: pd.DataFrame, axis: Axis, dice_from: float = 0.0) -> Figure:
    """Draw the mean Dice of each line, its intervals as bars, in one panel or more.

    Args:
        points: What `points` returns; those without a number stand apart on the right.
        axis: The quantity.
        dice_from: The lower end of the axis of Dice, which ends at 1 whatever the values are; what lies below is drawn
            there as a triangle.

    Returns:
        The figure.
    """
    panels = list(points["panel"].unique())
    columns = min(len(panels), MOST_COLUMNS)
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(1.4 + 3.8 * columns, 0.6 + 2.8 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
    first, last = points["x"].min(), points["x"].max()
    beyond = last * 1.8 if axis.logarithmic else last + max(last - first, abs(last), 1e-9) * 0.25
    points = points.assign(place=points["x"].fillna(beyond))
    lines = points["line"].unique()
    colours = dict(zip(lines, plots.colours(len(lines)), strict=True))
    for axes in grid[len(panels) :]:
        axes.remove()
    for axes, panel in zip(grid, panels, strict=False):
        for name, line in points[points["panel"] == panel].groupby("line", sort=False):
            _line(axes, line.dropna(subset="dice").sort_values("place"), colours[str(name)], dice_from)
        axes.set_title(panel, fontsize=9)
        _framed(axes, points, axis)
    for axes in grid[max(0, len(panels) - columns) : len(panels)]:  # the lowest of each column
        axes.set_xlabel(axis.text, fontsize=9)
    for axes in grid[::columns]:
        axes.set_ylabel("Dice", fontsize=9)
    figure.axes[0].set_ylim(dice_from, 1.0 + ROOM * (1.0 - dice_from))
    if len(colours) > 1:
        shown = _shown(figure)
        plots.legend(figure, {name: shown[name] for name in colours if name in shown})
    return figure


def _shown(figure: Figure) -> dict[str, Artist]:
    """Return what was drawn for each line by its name, once whatever the number of panels."""
    drawn = (zip(*axes.get_legend_handles_labels(), strict=True) for axes in figure.axes)
    return {label: handle for pairs in drawn for handle, label in pairs}


def _framed(axes: Axes, points: pd.DataFrame, axis: Axis) -> None:
    """Put the ticks of all points below a panel."""
    if axis.logarithmic:
        axes.set_xscale("log")
    ticks = points[["place", "tick"]].drop_duplicates().sort_values(["place", "tick"])
    ticks = ticks[:: -(-len(ticks) // MOST_TICKS) or 1]
    axes.set_xticks(ticks["place"], ticks["tick"], fontsize=8)
    axes.xaxis.set_minor_locator(NullLocator())
    plots.frame(axes)


def _line(axes: Axes, points: pd.DataFrame, colour: str, dice_from: float) -> None:
    """Draw the numbered points of a line joined, the others beside them, and a triangle for each below the axis."""
    numbered = points["x"].notna()
    below = points["place"][points["dice"] < dice_from]
    if len(below):  # a line of no point that nothing clips lies at the figure's corner for the layout
        axes.plot(below, np.full(len(below), dice_from), color=colour, marker="v", ms=4, ls="", clip_on=False)
    for chosen, marker, joint in ((points[numbered], "o", "-"), (points[~numbered], "D", "")):
        if chosen.empty:
            continue
        spans = [chosen["dice"] - chosen["dice_low"], chosen["dice_high"] - chosen["dice"]]
        spans = np.nan_to_num(np.clip(spans, 0, None))
        label = str(chosen["line"].iloc[0]) if joint or not numbered.any() else None
        style: dict[str, Any] = {"marker": marker, "ms": 4, "lw": 1.2, "capsize": 2.5}
        axes.errorbar(chosen["place"], chosen["dice"], yerr=spans, color=colour, ls=joint, label=label, **style)


def _number(run: FinishedRun, axis: Axis) -> float | None:
    """Return where a run stands on an axis, from its resolved configuration; None where that is no number."""
    value = value_of(run.configuration, axis.key)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
