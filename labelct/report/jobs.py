"""The jobs of a report: what was chosen in each, what came of it, and where it lies."""

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from labelct.report.arms import FinishedRun


def table(runs: Sequence[FinishedRun], by: Sequence[str], out: Path) -> list[dict[str, str]]:
    """Return the jobs of a report.

    Args:
        runs: The runs.
        by: The choices that make an arm.
        out: The folder that the page will lie in.

    Returns:
        Of each its arm, seed (with the fold that it held out), mean Dice, hours of all stages, folder, and the link
        to that from the page.
    """
    return [
        {
            "arm": run.arm(by),
            "seed": run.trained,
            "dice": _number(run.scores["dice"].mean(), 3),
            "hours": _number(sum(seconds for _, seconds in run.seconds) / 3600.0 or float("nan"), 2),
            "folder": str(run.folder),
            "link": quote(Path(os.path.relpath(run.folder.resolve(), out.resolve())).as_posix()) + "/",
        }
        for run in runs
    ]


def _number(value: float, digits: int) -> str:
    return "–" if value != value else f"{value:.{digits}f}"
