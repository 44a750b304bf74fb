"""Means with intervals, paired tests against a reference arm, effect sizes and equivalence.

A table of scores has the columns `test`, `case`, `label`, the metrics, and, where several runs are pooled, `arm` and
`run` (one training with one seed). The unit of every test is the case: the runs of an arm are averaged per case first,
since three seeds on ten patients are ten patients and not thirty.
"""

import warnings
from collections.abc import Sequence
from functools import lru_cache
from math import comb
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from labelct.report.settings import StatisticsSettings

SHOWN = ("dice", "surface_dice", "hd95", "volume_error")
OVERLAPS = ("dice", "surface_dice")
KEY = ("arm", "test", "label")
COMPARISON = ("method", "pairs", "difference", "difference_low", "difference_high", "p", "smallest_p", "rank_biserial",
              "cohen_d", "p_equivalence")  # fmt: skip


def summarise(scores: pd.DataFrame, by: Sequence[str], settings: StatisticsSettings | None = None) -> pd.DataFrame:
    """Summarise a table of scores group by group.

    Args:
        scores: The scores.
        by: The columns whose values make a group; groups come in order of first appearance.
        settings: Coverage, resamples and seed of the bootstrap; None: no interval is drawn.

    Returns:
        One row a group with the columns of `by`; `n` (cases with a Dice) and `runs`; the number of rows that are
        `absent` (in truth and prediction, in no mean), `missed` (in truth alone) and `invented` (in prediction alone);
        and for each metric of `SHOWN` `<metric>`, `<metric>_std` (between cases), `<metric>_median`, `<metric>_low`,
        `<metric>_high` (bootstrap interval of the mean, over cases and runs; of one case over its runs alone) and
        `<metric>_std_runs` (between the means of the runs). NaN where n is too small.
    """
    rows = []
    for key, group in scores.groupby(list(by), sort=False):
        row = dict(zip(by, key, strict=True)) | _counts(group)
        for metric in SHOWN:
            row |= {f"{metric}{name}": value for name, value in _spread(case_table(group, metric), settings).items()}
        rows.append(row)
    return pd.DataFrame(rows)


def compare(
    scores: pd.DataFrame, reference: pd.DataFrame, settings: StatisticsSettings, metric: str = "dice"
) -> dict[str, Any]:
    """Compare one arm with a reference arm on one label of one test cohort.

    Where the arms share at least two cases, these are compared in pairs: Wilcoxon's signed-rank test (differences of
    0 left out, exact up to 50 pairs without ties), the matched-pairs rank-biserial correlation (Kerby, 2014) and
    Cohen's d_z. Otherwise, unpaired: Mann-Whitney's U, the rank-biserial correlation (Cliff's delta), Cohen's d.
    Equivalence is two one-sided t-tests (TOST; Schuirmann, 1987) of Dice or surface Dice against +- the margin.

    Args:
        scores: The scores of the arm.
        reference: The scores of the reference arm.
        settings: Bootstrap and equivalence margin.
        metric: The metric to compare.

    Returns:
        `method` (wilcoxon, mann-whitney or none), `pairs` (0 where unpaired), `difference` of the means (arm minus
        reference) with `difference_low` and `difference_high`, `p`, `smallest_p` (the least that so few cases
        allow), `rank_biserial`, `cohen_d` and `p_equivalence` (below 0.05: equivalent within the margin).
    """
    arm, other = case_table(scores, metric), case_table(reference, metric)
    shared = arm.index[arm.index.isin(other.index)]
    if len(shared) > 1:
        result = _paired(arm.loc[shared].to_numpy(), other.loc[shared].to_numpy(), settings)
    else:
        result = _unpaired(arm.to_numpy(), other.to_numpy(), settings)
    return result if metric in OVERLAPS else result | {"p_equivalence": np.nan}


def compare_arms(
    scores: pd.DataFrame, reference: str, settings: StatisticsSettings, metric: str = "dice"
) -> pd.DataFrame:
    """Compare every arm with the reference arm, per test cohort and label.

    Args:
        scores: The scores, with `arm`.
        reference: The `arm` that the others are compared with.
        settings: Bootstrap and equivalence margin.
        metric: The metric to compare.

    Returns:
        A row of `compare` for each arm, with `arm`, `test`, `label`, `metric` and `p_holm`, corrected over the arms of
        one test cohort and label, which are the comparisons that one statement of a table rests on.
    """
    results: list[dict[str, Any]] = []
    for (test, label), group in scores.groupby(["test", "label"], sort=False):
        arms = dict(list(group.groupby("arm", sort=False)))
        names = [arm for arm in arms if arm != reference] if reference in arms else []
        family = [compare(arms[arm], arms[reference], settings, metric) for arm in names]
        corrected = holm([comparison["p"] for comparison in family])
        for arm, comparison, p in zip(names, family, corrected, strict=True):
            results.append({"arm": arm, "test": test, "label": label, "metric": metric} | comparison | {"p_holm": p})
    return pd.DataFrame(results, columns=[*KEY, "metric", *COMPARISON, "p_holm"])


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p values corrected after Holm (1979); NaN stays NaN and takes no part in the family."""
    from statsmodels.stats.multitest import multipletests

    p = np.array(p_values, dtype=float)
    known = ~np.isnan(p)
    if known.any():
        p[known] = multipletests(p[known], method="holm")[1]
    return [float(value) for value in p]


def beside(rows: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return rows that agree in the columns `names` beside each other, all in order of first appearance."""
    order = rows.groupby(list(names), sort=False).ngroup()
    return rows.iloc[order.argsort(kind="stable")].reset_index(drop=True)


def case_table(scores: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Arrange one metric by case and run.

    Args:
        scores: The scores of one arm and label; without the column `run` they are one run.
        metric: The metric.

    Returns:
        A row for each test cohort and case that has at least one number, a column for each run; NaN where a run has
        none.

    Raises:
        ValueError: A run scores the same case twice.
    """
    runs, run_names = pd.factorize(scores["run"] if "run" in scores else np.zeros(len(scores), dtype=int))
    named = pd.MultiIndex.from_arrays([scores["test"], scores["case"]])
    cases, case_names = named.factorize()
    place = cases * len(run_names) + runs
    if len(np.unique(place)) < len(place):
        twice = int(pd.Series(place).duplicated().to_numpy().argmax())
        raise ValueError(f"case {named[twice][1]} has two scores in run {run_names[runs[twice]]}")
    values = np.full((len(case_names), len(run_names)), np.nan)
    values[cases, runs] = scores[metric]
    known = ~np.isnan(values).all(axis=1)
    return pd.DataFrame(values[known], case_names[known], pd.Index(run_names, name="run"), copy=False)


def bootstrap_means(
    table: NDArray[np.float64], case_counts: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Resample the mean over cases of the mean over runs, with cases and runs drawn with replacement.

    `scipy.stats.bootstrap` draws along one axis; here two are drawn, and two arms share the draw of their cases.

    Args:
        table: `(case, run)` values, NaN where missing; no row of NaN alone.
        case_counts: `(resample, case)` how often each case was drawn, so that paired arms can share the draw.
        rng: Draws the runs.

    Returns:
        `(resample,)` means; NaN where no case that was drawn has a number in a run that was drawn.
    """
    return _means(table, case_counts, _draw(table.shape[1], len(case_counts), rng))


def _means(
    table: NDArray[np.float64], case_counts: NDArray[np.int64], run_counts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the means of `bootstrap_means` from how often each case and each run was drawn."""
    known = ~np.isnan(table)
    total, weight = run_counts @ np.where(known, table, 0.0).T, run_counts @ known.T.astype(float)
    drawn = case_counts * (weight > 0)
    cases = drawn.sum(axis=1)
    return np.where(cases > 0, (drawn * total / np.maximum(weight, 1)).sum(axis=1) / np.maximum(cases, 1), np.nan)


def _draw(count: int, resamples: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return how often each of `count` cases or runs is drawn, `(resample, count)`."""
    return rng.multinomial(count, np.full(count, 1 / count), size=resamples)


@lru_cache(maxsize=8)  # arms of a sweep have the same cases and number of runs, and so the same draws
def _draws(counts: tuple[int, ...], resamples: int, seed: int) -> tuple[NDArray[np.int64], ...]:
    """Return the draws of cases and runs, one after the other from one seed."""
    rng = np.random.default_rng(seed)
    return tuple(_draw(count, resamples, rng) for count in counts)


def _interval(samples: NDArray[np.float64], settings: StatisticsSettings) -> tuple[float, float]:
    """Return the percentile interval of bootstrap samples; those without a mean say nothing."""
    tail = (1 - settings.level) / 2
    low, high = np.nanquantile(samples, [tail, 1 - tail])
    return float(low), float(high)


def _spread(table: pd.DataFrame, settings: StatisticsSettings | None) -> dict[str, float]:
    """Return mean, spreads, median and interval of one metric by the end of their names; `table` is `(case, run)`."""
    cases, low, high = table.mean(axis=1), np.nan, np.nan
    drawn = table if len(table) > 1 else table.dropna(axis=1)  # a run without the only case has no mean to draw
    if settings is not None and len(drawn) and drawn.size > 1:
        samples = _means(drawn.to_numpy(), *_draws(drawn.shape, settings.resamples, settings.seed))
        low, high = _interval(samples, settings)
    spread = {"": cases.mean(), "_std": cases.std(), "_median": cases.median(), "_low": low, "_high": high}
    return spread | {"_std_runs": table.mean(axis=0).std()}


def _counts(scores: pd.DataFrame) -> dict[str, int]:
    """Return the number of cases and runs, and of the rows where the label is absent on one side or both."""
    one_sided = (scores["dice"] == 0) & scores["hd95"].isna()
    invented = one_sided & scores["volume_error"].isna()
    return {
        "n": len(case_table(scores, "dice")),
        "runs": scores["run"].nunique() if "run" in scores else 1,
        "absent": int(scores["dice"].isna().sum()),
        "missed": int((one_sided & ~invented).sum()),
        "invented": int(invented.sum()),
    }


def _paired(a: NDArray[np.float64], b: NDArray[np.float64], settings: StatisticsSettings) -> dict[str, Any]:
    """Compare `(case, run)` tables with the same cases in the same order."""
    cases, of_a, of_b = _draws((len(a), a.shape[1], b.shape[1]), settings.resamples, settings.seed)
    low, high = _interval(_means(a, cases, of_a) - _means(b, cases, of_b), settings)
    difference = np.nanmean(a, axis=1) - np.nanmean(b, axis=1)
    moved = difference[np.abs(difference) > 1e-12]  # what rounding alone leaves of equal scores is no difference
    ranks = stats.rankdata(np.abs(moved))
    spread = difference.std(ddof=1)
    return {
        "method": "wilcoxon",
        "pairs": len(difference),
        "difference": float(difference.mean()),
        "difference_low": low,
        "difference_high": high,
        "p": float(stats.wilcoxon(moved).pvalue) if len(moved) else 1.0,
        "smallest_p": 2.0 ** (1 - len(difference)),
        "rank_biserial": float((ranks * np.sign(moved)).sum() / ranks.sum()) if len(moved) else 0.0,
        "cohen_d": float(difference.mean() / spread) if spread > 0 else np.nan,
        "p_equivalence": _equivalence(difference, None, settings.margin),
    }


def _unpaired(a: NDArray[np.float64], b: NDArray[np.float64], settings: StatisticsSettings) -> dict[str, Any]:
    """Compare `(case, run)` tables of different cases."""
    result: dict[str, Any] = dict.fromkeys(COMPARISON, np.nan)
    x, y = (np.nanmean(table, axis=1) if len(table) else np.array([]) for table in (a, b))
    difference = float(x.mean() - y.mean()) if len(x) and len(y) else np.nan
    result |= {"method": "none", "pairs": 0, "difference": difference}
    if min(len(x), len(y)) < 2:
        return result
    draws = _draws((*a.shape, *b.shape), settings.resamples, settings.seed)
    low, high = _interval(_means(a, *draws[:2]) - _means(b, *draws[2:]), settings)
    test = stats.mannwhitneyu(x, y)
    pooled = ((len(x) - 1) * x.var(ddof=1) + (len(y) - 1) * y.var(ddof=1)) / (len(x) + len(y) - 2)
    return result | {
        "method": "mann-whitney",
        "difference_low": low,
        "difference_high": high,
        "p": float(test.pvalue),
        "smallest_p": 2.0 / comb(len(x) + len(y), len(x)),
        "rank_biserial": float(2 * test.statistic / (len(x) * len(y)) - 1),
        "cohen_d": difference / float(np.sqrt(pooled)) if pooled > 0 else np.nan,
        "p_equivalence": _equivalence(x, y, settings.margin),
    }


def _equivalence(x: NDArray[np.float64], y: NDArray[np.float64] | None, margin: float) -> float:
    """Return the p of TOST within +- `margin`, of paired differences `x` or of `x` against `y` (Welch)."""
    from statsmodels.stats.weightstats import DescrStatsW, ttost_ind

    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # arms that are equal have no spread, and p is 0 or 1
        if y is None:
            return float(DescrStatsW(x).ttost_mean(-margin, margin)[0])
        return float(ttost_ind(x, y, -margin, margin, usevar="unequal")[0])
