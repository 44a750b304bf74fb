"""The jobs of a report: what was chosen in each, what came of it, and where it lies."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from labelct.report.arms import FinishedRun


@dataclass(frozen=True)
class JobLine:
    """A finished job as a line of a table.

    Attributes:
        arm: The arm that it belongs to.
        seed: Its seed, and the fold that it held out.
        dice: Its mean Dice, as text.
        hours: What its stages took to make, as text.
        folder: Its folder.
        link: Where that lies as seen from the report's page.
    """

    arm: str
    seed: str
    dice: str
    hours: str
    folder: str
    link: str


def table(runs: Sequence[FinishedRun], by: Sequence[str], out: Path) -> list[JobLine]:
    """Return the jobs of a report.

    Args:
        runs: The runs.
        by: The choices that make an arm.
        out: The folder that the page will lie in.
    """
    return [
        JobLine(
            run.arm(by),
            run.trained,
            _number(run.scores["dice"].mean(), 3),
            _number(sum(seconds for _, seconds in run.seconds) / 3600.0 or float("nan"), 2),
            str(run.folder),
            quote(Path(os.path.relpath(run.folder.resolve(), out.resolve())).as_posix()) + "/",
        )
        for run in runs
    ]


def _number(value: float, digits: int) -> str:
    return "–" if value != value else f"{value:.{digits}f}"
