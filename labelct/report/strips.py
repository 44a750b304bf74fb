"""Scores case by case: every one as a dot over a box of its arm, one group of arms per label."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from labelct.evaluation.figures import save

BOXED = 5  # values below which a box would show quartiles of next to nothing


def dice_plot(scores: pd.DataFrame, path: Path, metric: str = "dice", name: str = "Dice") -> None:
    """Draw every case as a dot over a box of its arm, one group of arms per label.

    Args:
        scores: Scores with `label`, the metric and, where there are several, `arm`; NaN is left out.
        path: The PNG to write.
        metric: The column to draw.
        name: What the axis calls it.
    """
    scores = scores if "arm" in scores else scores.assign(arm="")
    labels, arms = list(scores["label"].unique()), list(scores["arm"].unique())
    figure = Figure(figsize=(max(3.4, 1.2 + 0.55 * len(labels) * max(len(arms), 2)), 3.4), layout="constrained")
    axes = figure.add_subplot()
    width = min(0.8 / len(arms), 0.4)
    for index, arm in enumerate(arms):
        for place, label in enumerate(labels):
            values = np.sort(scores[(scores["arm"] == arm) & (scores["label"] == label)][metric].dropna())
            _strip(axes, values, place + (index - (len(arms) - 1) / 2) * width, width, f"C{index % 10}")
    axes.set_xticks(range(len(labels)), labels, rotation=0 if len(labels) < 5 else 30, fontsize=8)
    axes.set_xlim(-0.6, len(labels) - 0.4)
    axes.set_ylabel(name, fontsize=9)
    axes.grid(axis="y", linewidth=0.4, alpha=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    if len(arms) > 1:
        handles = [Line2D([], [], marker="o", linestyle="", color=f"C{i % 10}") for i in range(len(arms))]
        columns = max(1, int(figure.get_figwidth() / (0.45 + 0.07 * max(len(arm) for arm in arms))))
        figure.legend(handles, arms, loc="outside lower center", ncols=columns, fontsize=7, frameon=False)
    save(figure, path)


def _strip(axes: Axes, values: NDArray[np.float64], place: float, width: float, colour: str) -> None:
    """Draw sorted `values` with their median and, from `BOXED` on, a box; points spread sideways in a fixed zigzag."""
    if not len(values):
        return
    zigzag = (np.arange(len(values)) * 0.618 % 1 - 0.5) * width * 0.45
    axes.scatter(place + zigzag, values, s=9, color=colour, alpha=0.65, linewidths=0, zorder=3)
    line = {"color": colour, "linewidth": 1.0}
    if len(values) < BOXED:
        axes.hlines(np.median(values), place - width * 0.3, place + width * 0.3, color="black", linewidth=1.4)
        return
    axes.boxplot(
        [values],
        positions=[place],
        widths=width * 0.75,
        showfliers=False,
        manage_ticks=False,
        boxprops=line,
        whiskerprops=line,
        capprops=line,
        medianprops={"color": "black", "linewidth": 1.4},
    )
