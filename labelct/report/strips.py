"""Scores case by case: every one as a dot over a box of its arm, a case joined from arm to arm."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from labelct.report import plots

BOXED = 5  # values below which a box would show quartiles of next to nothing
GOLDEN = 0.618  # neighbouring ranks stand far apart sideways, and no two in one place
FAINT = "0.55"
ARM_INCH, ARM_INCH_OF_MANY, FEW_ARMS = 0.55, 0.3, 6
PAGE_INCH = 11.0  # of a landscape page: more labels go into further rows


@dataclass(frozen=True)
class Metric:
    """A quantity that is drawn case by case.

    Attributes:
        column: Its column in the table of scores.
        text: What the axis calls it.
        low: The lower end of its axis, the same in every report, so that two of them can be compared; what lies below
            is drawn there as a triangle.
        high: The upper end; None: as high as the values.
    """

    column: str
    text: str
    low: float = 0.0
    high: float | None = 1.0


DICE = Metric("dice", "Dice")


@dataclass(frozen=True)
class _Strip:
    """The values of one arm and label, and where they stand.

    Attributes:
        x: Of each value, in ascending order of the values.
        values: Ascending, NaN left out.
        cases: Whose they are, or nothing.
        place: The middle.
        width: What there is for it.
    """

    x: NDArray[np.float64]
    values: NDArray[np.float64]
    cases: Sequence[str]
    place: float
    width: float


def dice_plot(scores: pd.DataFrame, metric: Metric = DICE) -> Figure:
    """Draw every case as a dot over a box of its arm, one group of arms per label, each case joined from arm to arm.

    Args:
        scores: Scores with `label`, the metric and, where there are several, `arm`, and `case`; NaN is left out.
        metric: What to draw.

    Returns:
        The figure.
    """
    scores = scores if "arm" in scores else scores.assign(arm="")
    labels, arms = list(scores["label"].unique()), list(scores["arm"].unique())
    inches = max(len(arms), 2) * (ARM_INCH if len(arms) <= FEW_ARMS else ARM_INCH_OF_MANY)
    rows = _rows(labels, max(1, int(PAGE_INCH / inches)))
    figure = Figure(figsize=(max(3.4, 1.2 + inches * len(rows[0])), 3.4 * len(rows)), layout="constrained")
    for axes, row in zip(figure.subplots(len(rows), 1, squeeze=False)[:, 0], rows, strict=True):
        _row(axes, scores, row, arms, metric)
    if metric.high is None:  # rows of a quantity without a fixed end are read against each other
        high = max(axes.get_ylim()[1] for axes in figure.axes)
        for axes in figure.axes:
            axes.set_ylim(metric.low, high)
    if len(arms) > 1:
        colours = zip(arms, plots.colours(len(arms)), strict=True)
        plots.legend(figure, {arm: Line2D([], [], marker="o", linestyle="", color=colour) for arm, colour in colours})
    return figure


def _rows(labels: Sequence[str], most: int) -> list[Sequence[str]]:
    """Return the labels parted into rows of at most `most`, as even as can be."""
    count = -(-len(labels) // most) or 1
    each = -(-len(labels) // count) or 1
    return [labels[start : start + each] for start in range(0, len(labels), each)] or [labels]


def _row(axes: Axes, scores: pd.DataFrame, labels: Sequence[str], arms: Sequence[str], metric: Metric) -> None:
    """Draw the groups of some labels beside each other."""
    width = min(0.8 / len(arms), 0.4)
    for place, label in enumerate(labels):
        of_label = scores[scores["label"] == label]
        places = [place + (index - (len(arms) - 1) / 2) * width for index in range(len(arms))]
        strips = [
            _strip(of_label[of_label["arm"] == arm], metric, at, width) for arm, at in zip(arms, places, strict=True)
        ]
        _joined(axes, strips, metric)
        for strip, colour in zip(strips, plots.colours(len(arms)), strict=True):
            _drawn(axes, strip, metric, colour)
    axes.set_xticks(range(len(labels)), labels, rotation=0 if len(labels) < 5 else 30, fontsize=8)
    axes.set_xlim(-0.5, len(labels) - 0.5)
    _vertical(axes, metric)


def _strip(scores: pd.DataFrame, metric: Metric, place: float, width: float) -> _Strip:
    """Return the values of an arm, spread sideways in a fixed zigzag."""
    shown = scores.dropna(subset=metric.column).sort_values(metric.column, kind="stable")
    values = shown[metric.column].to_numpy(float)
    zigzag = (np.arange(len(values), dtype=np.float64) * GOLDEN % 1 - 0.5) * (width * 0.45)
    return _Strip(
        np.asarray(place + zigzag, np.float64), values, list(shown["case"]) if "case" in shown else [], place, width
    )


def _joined(axes: Axes, strips: Sequence[_Strip], metric: Metric) -> None:
    """Join each case from one arm to the next one that has it."""
    last: dict[str, tuple[float, float]] = {}
    lines = []
    for strip in strips:
        for case, x, y in zip(strip.cases, strip.x, strip.values.clip(metric.low), strict=False):
            if case in last:
                lines.append([last[case], (x, y)])
            last[case] = (x, y)
    axes.add_collection(LineCollection(lines, colors=FAINT, linewidths=0.5, alpha=0.5, zorder=1), autolim=False)


def _drawn(axes: Axes, strip: _Strip, metric: Metric, colour: str) -> None:
    """Draw the values with their median and, from `BOXED` on, a box."""
    if not len(strip.values):
        return
    below = strip.values < metric.low
    style: dict[str, Any] = {"s": 9, "color": colour, "alpha": 0.65, "linewidths": 0, "zorder": 3}
    axes.scatter(strip.x[~below], strip.values[~below], **style)
    axes.scatter(strip.x[below], np.full(below.sum(), metric.low), marker="v", clip_on=False, **style)
    line: dict[str, Any] = {"color": colour, "linewidth": 1.0}
    if len(strip.values) < BOXED:
        reach = strip.width * 0.3
        median = max(float(np.median(strip.values)), metric.low)
        axes.hlines(median, strip.place - reach, strip.place + reach, color="black", linewidth=1.4)
        return
    axes.boxplot(
        [strip.values],
        positions=[strip.place],
        widths=strip.width * 0.75,
        showfliers=False,
        manage_ticks=False,
        boxprops=line,
        whiskerprops=line,
        capprops=line,
        medianprops={"color": "black", "linewidth": 1.4},
    )


def _vertical(axes: Axes, metric: Metric) -> None:
    """Fix the vertical axis, which would else follow the values and make small differences large."""
    high = axes.get_ylim()[1] if metric.high is None else metric.high
    room = 0.01 if metric.high is not None else 0.05  # a median at the upper end stays below it
    axes.set_ylim(metric.low, max(high, metric.low + 1e-9) + room * (high - metric.low))
    axes.set_ylabel(metric.text, fontsize=9)
    plots.frame(axes, "y")
