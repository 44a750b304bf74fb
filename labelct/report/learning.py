"""How the networks of a comparison learnt: loss and validation Dice of every run over its steps, by arm."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from labelct.errors import InputError
from labelct.report import plots
from labelct.report.arms import FinishedRun

FILE = "curves.csv"
VALIDATION_LOSS = "val/loss"  # nnU-Net's alone, which counts epochs
SHOWN = {"train/loss": "loss", VALIDATION_LOSS: "validation loss", "val/dice": "validation Dice"}
REMEDY = "run the job again, or delete the file"


def curves_of(runs: Sequence[FinishedRun], by: Sequence[str]) -> pd.DataFrame:
    """Return the curves of the runs that have any.

    Args:
        runs: The runs.
        by: The choices that make an arm.

    Returns:
        `arm`, `run` (its folder), `metric` (of `SHOWN`), `step`, `value`; empty where no run left a curve.

    Raises:
        InputError: A file of curves cannot be read.
    """
    tables = [_read(run.folder / FILE).assign(arm=run.arm(by), run=str(run.folder)) for run in runs]
    full = [table for table in tables if len(table)]
    return pd.concat(full, ignore_index=True) if full else pd.DataFrame()


def learning_plot(curves: pd.DataFrame, arms: Sequence[str]) -> Figure:
    """Draw one panel a metric and one line a run, in the colour of its arm.

    Args:
        curves: What `curves_of` returns, not empty.
        arms: All arms of the report, whose colours are those of its other plots.

    Returns:
        The figure.
    """
    metrics = [metric for metric in SHOWN if (curves["metric"] == metric).any()]
    colours = dict(zip(arms, plots.colours(len(arms)), strict=True))
    figure = Figure(figsize=(3.6 * len(metrics), 3.2), layout="constrained")
    steps = "step (nnU-Net: epoch)" if VALIDATION_LOSS in metrics else "step"
    for place, metric in enumerate(metrics):
        axes = figure.add_subplot(1, len(metrics), place + 1)
        chosen = curves[curves["metric"] == metric]
        for (arm, _), line in chosen.groupby(["arm", "run"], sort=False):
            marker = "o" if len(line) == 1 else ""  # of one point there is no line
            axes.plot(
                line["step"], line["value"], color=colours[arm], linewidth=0.9, alpha=0.8, marker=marker, markersize=3
            )
        if metric == "val/dice":
            axes.set_ylim(0.0, 1.0)
        axes.set_xlabel(steps, fontsize=9)
        axes.set_ylabel(SHOWN[metric], fontsize=9)
        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, min_n_ticks=1))
        plots.frame(axes)
    if len(colours) > 1:
        plots.legend(figure, {arm: Line2D([], [], color=colour) for arm, colour in colours.items()})
    return figure


def _read(path: Path) -> pd.DataFrame:
    """Return the curves that are shown of a file; none where there is no file."""
    try:
        table = pd.read_csv(path)
        table = table[table["metric"].isin(SHOWN)]
        return table[["metric", "step", "value"]].astype({"step": float, "value": float}).dropna()
    except FileNotFoundError:
        return pd.DataFrame()
    except (OSError, ValueError, KeyError) as error:
        raise InputError(path, f"is no table of curves ({error})", REMEDY) from error
