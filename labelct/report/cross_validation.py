"""The folds of a cross-validation in a table of scores: each alone, and all of them as one run.

A case that one fold holds out is scored by that fold's network alone: the folds together are one run over all cases. A
case that every fold's network was tested on (a CT of another cohort) is one case, which each of these networks scores:
the folds are so many runs, like seeds, and are averaged per case before anything else.
"""

from collections.abc import Sequence

import pandas as pd

from labelct.report.statistics import KEY, beside, summarise


def joined(scores: pd.DataFrame) -> pd.DataFrame:
    """Return scores in which the folds of one arm and seed are one run wherever no case is in two of them.

    Args:
        scores: The scores with `arm`, `test`, `case`, `label`, `seed`, `fold` (empty: no cross-validation) and `run`.

    Returns:
        The scores, the runs renamed.
    """
    scores = scores.copy()
    dealt = scores[scores["fold"] != ""]
    for (_, _, seed), rows in dealt.groupby(["arm", "test", "seed"], sort=False):
        if not rows.duplicated(["case", "label"]).any():
            scores.loc[rows.index, "run"] = f"folds of seed {seed}"
    return scores


def by_fold(scores: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Summarise every fold alone.

    Args:
        scores: As `joined` takes them.
        by: The choices that make an arm.

    Returns:
        One row per arm, fold, test cohort and label as `statistics.summarise` has them, without intervals; empty where
        there was no cross-validation.
    """
    dealt = scores[scores["fold"] != ""]
    if dealt.empty:
        return pd.DataFrame()
    dealt = dealt.sort_values("fold", key=lambda folds: folds.str.partition("/")[0].astype(int), kind="stable")
    return beside(summarise(dealt, [*by, "arm", "fold", "test", "label"]), KEY)


def remarks(scores: pd.DataFrame) -> list[str]:
    """Return what a reader must know of a cross-validation: how folds were pooled, and which are missing.

    Args:
        scores: What `joined` returns.
    """
    dealt = scores[scores["fold"] != ""]
    if dealt.empty:
        return []
    told = []
    several = dealt[dealt.groupby(["arm", "seed"])["fold"].transform("nunique") > 1]
    once = several["run"].str.startswith("folds of seed")
    if once.any():
        told.append(f"Folds are pooled in {_names(several[once])}: each case once, by the network that held it out.")
    if not once.all():
        told.append(f"Every fold's network was tested on {_names(several[~once])}: the mean over them counts per case.")
    for (arm, seed), rows in dealt.groupby(["arm", "seed"], sort=False):
        number = int(rows["fold"].iloc[0].partition("/")[2])
        there = {int(fold.partition("/")[0]) for fold in rows["fold"].unique()}
        if missing := sorted(set(range(number)) - there):
            numbers = ", ".join(map(str, missing))
            told.append(f"Warning: of {number} folds {numbers} are missing in {arm}, seed {seed}.")
    return told


def _names(scores: pd.DataFrame) -> str:
    return ", ".join(scores["test"].unique())
