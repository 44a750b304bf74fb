"""A metric against a quantity that was varied: dose, number of label maps, chance of a dropped label."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from labelct.report.arms import FinishedRun
from labelct.report.configuration import read_configuration, value_of


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
        `line`: the other choices and the label, where they vary, and `panel`: the test cohort, where it does.
    """
    numbers = {run.arm(by): _number(run, axis) for run in runs}
    x = results["arm"].map(numbers).astype(float)
    tick = x.map("{:g}".format).where(x.notna(), axis.other or results[axis.choice])
    parts = [name for name in by if name != axis.choice]
    parts += ["label"] if results["label"].nunique() > 1 else []
    line = results[parts].agg(", ".join, axis=1) if parts else "dice"
    return results.assign(x=x, tick=tick, line=line, panel=results["test"] if results["test"].nunique() > 1 else "")


def curve(points: pd.DataFrame, axis: Axis) -> Figure:
    """Draw the mean Dice of each line, its intervals as bars, one panel a test cohort.

    Args:
        points: What `points` returns; those without a number stand apart on the right.
        axis: The quantity.

    Returns:
        The figure.
    """
    panels = list(points["panel"].unique())
    figure = Figure(figsize=(1.4 + 3.8 * len(panels), 3.4), layout="constrained")
    first, last = points["x"].min(), points["x"].max()
    beyond = last * 1.8 if axis.logarithmic else last + max(last - first, abs(last), 1e-9) * 0.25
    points = points.assign(place=points["x"].fillna(beyond))
    colours = {name: f"C{index % 10}" for index, name in enumerate(points["line"].unique())}
    for axes, panel in zip(figure.subplots(1, len(panels), sharey=True, squeeze=False)[0], panels, strict=True):
        for name, line in points[points["panel"] == panel].groupby("line", sort=False):
            _line(axes, line.dropna(subset="dice").sort_values("place"), str(name), colours[str(name)])
        axes.set_title(panel, fontsize=9)
        _framed(axes, points, axis)
    figure.axes[0].set_ylabel("Dice", fontsize=9)
    if len(colours) > 1:
        shown = {
            label: handle
            for axes in figure.axes
            for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
        }
        columns = max(1, len(panels) * 60 // max(map(len, colours)))
        names = [name for name in colours if name in shown]
        places: dict[str, Any] = {"loc": "outside lower center", "ncols": columns, "fontsize": 7, "frameon": False}
        figure.legend([shown[name] for name in names], names, **places)
    return figure


def _framed(axes: Axes, points: pd.DataFrame, axis: Axis) -> None:
    """Put the ticks of all points below a panel."""
    if axis.logarithmic:
        axes.set_xscale("log")
    ticks = points[["place", "tick"]].drop_duplicates().sort_values(["place", "tick"])
    axes.set_xticks(ticks["place"], ticks["tick"], fontsize=8)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel(axis.text, fontsize=9)
    axes.grid(linewidth=0.4, alpha=0.6)
    axes.spines[["top", "right"]].set_visible(False)


def _line(axes: Axes, points: pd.DataFrame, name: str, colour: str) -> None:
    """Draw the numbered points joined, the others beside them."""
    numbered = points["x"].notna()
    for chosen, marker, joint in ((points[numbered], "o", "-"), (points[~numbered], "D", "")):
        if chosen.empty:
            continue
        spans = [chosen["dice"] - chosen["dice_low"], chosen["dice_high"] - chosen["dice"]]
        spans = np.nan_to_num(np.clip(spans, 0, None))
        label = name if joint or not numbered.any() else None
        style: dict[str, Any] = {"marker": marker, "ms": 4, "lw": 1.2, "capsize": 2.5}
        axes.errorbar(chosen["place"], chosen["dice"], yerr=spans, color=colour, ls=joint, label=label, **style)


def _number(run: FinishedRun, axis: Axis) -> float | None:
    """Return where a run stands on an axis, from its resolved configuration; None where that is no number."""
    value = value_of(read_configuration(run.folder), axis.key)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
