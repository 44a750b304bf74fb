"""What each arm of a comparison took: hours of translation, volumes, training and test, whoever made the stages."""

from collections.abc import Sequence

import pandas as pd

from labelct.report.arms import FinishedRun

# What a stage is counted as; all others make volumes or look at files.
PARTS = {"translation": "translation", "training": "training", "segmentation": "test", "scores": "test"}
VOLUMES = "volumes"
COLUMNS = ("translation", VOLUMES, "training", "test")
HOUR_S = 3600.0


def by_arm(runs: Sequence[FinishedRun], by: Sequence[str]) -> pd.DataFrame:
    """Return the hours of each arm.

    Args:
        runs: The runs; those of one arm are averaged, so that more seeds take no longer.
        by: The choices that make an arm.

    Returns:
        One row an arm with the columns of `by`, those of `COLUMNS` and `all`; a stage that arms share counts in each.
        Empty where no run tells.
    """
    rows = []
    for run in runs:
        if run.seconds:
            spent = dict.fromkeys(COLUMNS, 0.0)
            for stage, seconds in run.seconds:
                spent[PARTS.get(stage, VOLUMES)] += seconds / HOUR_S
            rows.append({name: run.choices.get(name, "") for name in by} | spent | {"all": sum(spent.values())})
    if not rows:
        return pd.DataFrame()
    table = pd.DataFrame(rows)
    return table.groupby(list(by), sort=False).mean().reset_index() if by else table.mean().to_frame().T


def cells(hours: pd.DataFrame) -> pd.DataFrame:
    """Return the table as text, what an arm does without as a dash."""
    shown = hours.copy()
    for name in (*COLUMNS, "all"):
        shown[name] = [f"{value:.2f}" if value else "–" for value in hours[name]]
    return shown.rename(columns={"all": "all, h"})
