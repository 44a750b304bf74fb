"""What of a large comparison its figures show: as many arms, labels and runs as a page holds and an eye tells apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from labelct.report.arms import FinishedRun

MOST_ARMS = 40  # twenty colours differ
MOST_STRIPS = 1000  # an arm of a label each
MOST_RUNS = 100  # lines of a plot of learning


@dataclass(frozen=True)
class Shown:
    """What the figures of a report show; its tables have everything.

    Attributes:
        arms: The arms, in their order.
        groups: The test cohorts and labels, in their order.
        members: The runs of the arms.
        runs: Those whose learning is drawn, as many of each arm.
        remarks: What is left out; nothing where all is shown.
    """

    arms: Sequence[str]
    groups: Sequence[tuple[str, str]]
    members: Sequence[FinishedRun]
    runs: Sequence[FinishedRun]
    remarks: Sequence[str]

    def rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of a table with `arm`, `test` and `label` that are shown."""
        groups = pd.MultiIndex.from_frame(table[["test", "label"]])
        return table[table["arm"].isin(self.arms) & groups.isin(self.groups)]


def choose(scores: pd.DataFrame, runs: Sequence[FinishedRun], by: Sequence[str], reference: str | None) -> Shown:
    """Return what the figures show.

    Args:
        scores: The scores, pooled by arm.
        runs: The runs.
        by: The choices that make an arm.
        reference: The arm that the others are compared with, which is always shown.
    """
    if scores.empty:
        return Shown((), (), runs, runs, ())
    arms, groups = list(scores["arm"].unique()), list(dict.fromkeys(zip(scores["test"], scores["label"], strict=True)))
    first = [arm for arm in arms if arm != reference][: MOST_ARMS - (reference is not None)]
    kept = [arm for arm in arms if arm == reference or arm in first]
    chosen = groups[: max(1, MOST_STRIPS // len(kept))]
    of_arm: dict[str, list[FinishedRun]] = {arm: [] for arm in kept}
    for run in runs:
        of_arm.get(run.arm(by), []).append(run)
    members = [run for run in runs if run.arm(by) in of_arm]
    each = len(members) if len(members) <= MOST_RUNS else max(1, MOST_RUNS // len(kept))
    drawn = {id(run) for of in of_arm.values() for run in of[:each]}
    learnt = [run for run in members if id(run) in drawn]
    left = ((len(kept), len(arms), "arms"), (len(chosen), len(groups), "labels"), (len(learnt), len(members), "runs"))
    told = [f"{few} of {all_} {what}" for few, all_, what in left if few < all_]
    remarks = [f"Figures show the first of each: {', '.join(told)}; the tables have all."] if told else []
    return Shown(kept, chosen, members, learnt, remarks)
