"""A metric against a quantity that was varied: dose, number of label maps, chance of a dropped label."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from labelct.evaluation.figures import save


@dataclass(frozen=True)
class Point:
    """One arm on a curve.

    Attributes:
        x: Where it stands; None for what has no number (no noise, every case), which stands apart on the right.
        name: What its tick says.
        mean: Mean of the metric.
        low: Lower end of the interval, NaN where there is none.
        high: Its upper end.
    """

    x: float | None
    name: str
    mean: float
    low: float
    high: float


def curve(
    lines: Mapping[str, Sequence[Point]], path: Path, axis: str, metric: str = "Dice", logarithmic: bool = False
) -> None:
    """Draw one line an entry, its intervals as bars.

    Args:
        lines: The points of each line by its name.
        path: The PNG to write.
        axis: What the horizontal axis says.
        metric: What the vertical axis says.
        logarithmic: Whether the horizontal axis is logarithmic.
    """
    figure = Figure(figsize=(5.2, 3.4), layout="constrained")
    axes = figure.add_subplot()
    places = _places([point for points in lines.values() for point in points], logarithmic)
    for index, (name, points) in enumerate(lines.items()):
        _line(axes, [point for point in points if not np.isnan(point.mean)], places, name, f"C{index % 10}")
    if logarithmic:
        axes.set_xscale("log")
    ticks = sorted((place, name) for (_, name), place in places.items())
    axes.set_xticks([place for place, _ in ticks], [name for _, name in ticks], fontsize=8)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel(axis, fontsize=9)
    axes.set_ylabel(metric, fontsize=9)
    axes.grid(linewidth=0.4, alpha=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    if len(lines) > 1:
        figure.legend(loc="outside lower center", ncols=max(1, 60 // max(map(len, lines))), fontsize=7, frameon=False)
    save(figure, path)


def _places(points: Sequence[Point], logarithmic: bool) -> dict[tuple[float | None, str], float]:
    """Return where each tick stands: points without a number one step beyond the others."""
    numbers = sorted({point.x for point in points if point.x is not None})
    last = numbers[-1] if numbers else 1.0
    first = numbers[0] if numbers else 1.0
    beyond = last * 1.8 if logarithmic else last + max(last - first, abs(last), 1e-9) * 0.25
    return {(point.x, point.name): beyond if point.x is None else point.x for point in points}


def _line(
    axes: Axes, points: Sequence[Point], places: Mapping[tuple[float | None, str], float], name: str, colour: str
) -> None:
    """Draw the numbered points joined, the others beside them."""
    for joined in (True, False):
        chosen = [point for point in points if (point.x is not None) is joined]
        chosen = sorted(chosen, key=lambda point: places[point.x, point.name])
        if not chosen:
            continue
        means = np.array([point.mean for point in chosen])
        spans = np.nan_to_num([[p.mean - p.low for p in chosen], [p.high - p.mean for p in chosen]])
        label = name if joined or all(point.x is None for point in points) else None
        where = [places[point.x, point.name] for point in chosen]
        style: dict[str, Any] = {"marker": "o" if joined else "D", "ms": 4, "lw": 1.2, "capsize": 2.5}
        spans = np.clip(spans, 0, None)
        axes.errorbar(where, means, yerr=spans, color=colour, ls="-" if joined else "", label=label, **style)
