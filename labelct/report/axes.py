"""The choices of a sweep that are quantities: where an arm stands on the axis of a dose-response curve."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from omegaconf import DictConfig, OmegaConf

from labelct.report.arms import UNSET, FinishedRun
from labelct.report.curves import Point


@dataclass(frozen=True)
class Axis:
    """A choice that is a quantity.

    Attributes:
        choice: The group or key that was varied.
        key: The key of the configuration that holds its number.
        text: What the axis says.
        logarithmic: Whether it is drawn logarithmically.
        other: What None stands for, by name; empty: the option's own name.
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
    return [axis for axis in axes if len({number(run, axis) for run in runs} - {None}) > 1]


def number(run: FinishedRun, axis: Axis) -> float | None:
    """Return where a run stands on an axis, from its resolved configuration; None where that is no number."""
    path = run.folder / "config.yaml"
    if not path.is_file():
        return None
    config = OmegaConf.load(path)
    value = OmegaConf.select(config, axis.key) if isinstance(config, DictConfig) else None
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def lines(
    axis: Axis, runs: Sequence[FinishedRun], by: Sequence[str], results: pd.DataFrame, metric: str = "dice"
) -> dict[str, list[Point]]:
    """Return the points of a curve: a line for each combination of the other choices, test cohort and label.

    Args:
        axis: The quantity.
        runs: The runs, for their numbers.
        by: The choices that make an arm.
        results: The rows of the report.
        metric: The metric to draw.
    """
    places = {run.arm(by): number(run, axis) for run in runs}
    several = [name for name in ("test", "label") if results[name].nunique() > 1]
    others = [name for name in by if name != axis.choice]
    found: dict[str, list[Point]] = {}
    for row in results.to_dict("records"):
        name = ", ".join(str(row.get(part, UNSET)) for part in [*others, *several]) or metric
        x = places.get(row["arm"])
        tick = (axis.other or str(row[axis.choice])) if x is None else f"{x:g}"
        point = Point(x, tick, row[metric], row[f"{metric}_low"], row[f"{metric}_high"])
        found.setdefault(name, []).append(point)
    return found
