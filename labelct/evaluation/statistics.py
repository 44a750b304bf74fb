"""Means with intervals, paired tests against a reference arm, effect sizes and equivalence.

A score row is a mapping with `test`, `case`, `label`, the metrics, and, where several runs are pooled, `arm` and `run`
(one training with one seed). The unit of every test is the case: the runs of an arm are averaged per case first, since
three seeds on ten patients are ten patients and not thirty.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from labelct.evaluation.settings import StatisticsSettings

Row = Mapping[str, Any]
OVERLAPS = ("dice", "surface_dice")


def summarise(
    rows: Iterable[Row],
    by: Sequence[str],
    settings: StatisticsSettings,
    metrics: Sequence[str] = ("dice", "surface_dice", "hd95", "volume_error"),
) -> list[dict[str, Any]]:
    """Summarise score rows group by group.

    Args:
        rows: Score rows.
        by: The columns whose values make a group; groups come in order of first appearance.
        settings: Coverage, resamples and seed of the bootstrap.
        metrics: The metrics to summarise.

    Returns:
        One row a group with the columns of `by`; `n` (cases with a Dice) and `runs`; the number of rows that are
        `absent` (in truth and prediction, in no mean), `missed` (in truth alone) and `invented` (in prediction alone);
        and `<metric>`, `<metric>_std` (between cases), `<metric>_median`, `<metric>_low`, `<metric>_high` (bootstrap
        interval of the mean) and `<metric>_std_runs` (between the means of the runs). NaN where n is too small.
    """
    groups: dict[tuple[Hashable, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[column] for column in by)].append(row)
    return [
        dict(zip(by, key, strict=True)) | _counts(group) | _spreads(group, metrics, settings)
        for key, group in groups.items()
    ]


def compare(
    rows: Iterable[Row], reference: Iterable[Row], settings: StatisticsSettings, metric: str = "dice"
) -> dict[str, Any]:
    """Compare one arm with a reference arm on one label of one test cohort.

    Where the arms share at least two cases, these are compared in pairs: Wilcoxon's signed-rank test (differences of
    0 left out, exact up to 50 pairs without ties), the matched-pairs rank-biserial correlation (Kerby, 2014) and
    Cohen's d_z. Otherwise, unpaired: Mann-Whitney's U, the rank-biserial correlation (Cliff's delta), Cohen's d.
    Equivalence is two one-sided t-tests (TOST; Schuirmann, 1987) of Dice or surface Dice against +- the margin.

    Args:
        rows: Score rows of the arm.
        reference: Score rows of the reference arm.
        settings: Bootstrap and equivalence margin.
        metric: The metric to compare.

    Returns:
        `method` (wilcoxon, mann-whitney or none), `pairs` (0 where unpaired), `difference` of the means (arm minus
        reference) with `difference_low` and `difference_high`, `p`, `smallest_p` (the least that so few cases
        allow), `rank_biserial`, `cohen_d` and `p_equivalence` (below 0.05: equivalent within the margin).
    """
    cases, table = case_table(rows, metric)
    other_cases, other = case_table(reference, metric)
    shared = [case for case in cases if case in set(other_cases)]
    if len(shared) > 1:
        a, b = table[[cases.index(case) for case in shared]], other[[other_cases.index(case) for case in shared]]
        return _paired(a, b, settings, metric)
    return _unpaired(table, other, settings, metric)


def compare_arms(
    rows: Sequence[Row], reference: str, settings: StatisticsSettings, metric: str = "dice"
) -> list[dict[str, Any]]:
    """Compare every arm with the reference arm, per test cohort and label.

    Args:
        rows: Score rows with `arm`.
        reference: The `arm` that the others are compared with.
        settings: Bootstrap and equivalence margin.
        metric: The metric to compare.

    Returns:
        Rows of `compare` with `arm`, `test`, `label`, `metric` and `p_holm`, corrected over the arms of one test
        cohort and label, which are the comparisons that one statement of a table rests on.
    """
    groups: dict[tuple[str, str], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        groups[row["test"], row["label"]][row["arm"]].append(row)
    results = []
    for (test, label), arms in groups.items():
        names = [arm for arm in arms if arm != reference] if reference in arms else []
        family = [compare(arms[arm], arms[reference], settings, metric) for arm in names]
        corrected = holm([comparison["p"] for comparison in family])
        for arm, comparison, p in zip(names, family, corrected, strict=True):
            results.append({"arm": arm, "test": test, "label": label, "metric": metric} | comparison | {"p_holm": p})
    return results


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p values corrected after Holm (1979); NaN stays NaN and takes no part in the family."""
    p = np.asarray(p_values, dtype=float)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    corrected = p.copy()
    corrected[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)), 1.0)
    return [float(value) for value in corrected]


def case_table(rows: Iterable[Row], metric: str) -> tuple[list[tuple[str, str]], NDArray[np.float64]]:
    """Arrange one metric by case and run.

    Args:
        rows: Score rows of one arm and label.
        metric: The metric.

    Returns:
        The `(test, case)` pairs that have at least one number, and values `(case, run)`, NaN where a run has none.

    Raises:
        ValueError: A run scores the same case twice.
    """
    values: dict[tuple[str, str], dict[Hashable, float]] = defaultdict(dict)
    for row in rows:
        runs = values[row.get("test", ""), row["case"]]
        if row.get("run", 0) in runs:
            raise ValueError(f"case {row['case']} has two scores in run {row.get('run', 0)}")
        runs[row.get("run", 0)] = float(row[metric])
    columns = list(dict.fromkeys(run for runs in values.values() for run in runs))
    cases = [case for case, runs in values.items() if not all(np.isnan(value) for value in runs.values())]
    table = [[values[case].get(run, np.nan) for run in columns] for case in cases]
    return cases, np.array(table, dtype=np.float64).reshape(len(cases), len(columns))


def bootstrap_means(
    table: NDArray[np.float64], case_counts: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Resample the mean over cases of the mean over runs, with cases and runs drawn with replacement.

    Args:
        table: `(case, run)` values, NaN where missing; no row of NaN alone.
        case_counts: `(resample, case)` how often each case was drawn, so that paired arms can share the draw.
        rng: Draws the runs.

    Returns:
        `(resample,)` means.
    """
    runs = table.shape[1]
    run_counts = rng.multinomial(runs, np.full(runs, 1 / runs), size=len(case_counts))
    known = ~np.isnan(table)
    total, weight = run_counts @ np.where(known, table, 0.0).T, run_counts @ known.T.astype(float)
    drawn = case_counts * (weight > 0)
    return (drawn * total / np.maximum(weight, 1)).sum(axis=1) / np.maximum(drawn.sum(axis=1), 1)


def _draw_cases(cases: int, settings: StatisticsSettings, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return how often each case is drawn, `(resample, case)`."""
    return rng.multinomial(cases, np.full(cases, 1 / cases), size=settings.resamples)


def _interval(samples: NDArray[np.float64], settings: StatisticsSettings) -> tuple[float, float]:
    """Return the percentile interval of bootstrap samples."""
    tail = (1 - settings.level) / 2
    low, high = np.quantile(samples, [tail, 1 - tail])
    return float(low), float(high)


def _spreads(rows: Sequence[Row], metrics: Sequence[str], settings: StatisticsSettings) -> dict[str, float]:
    """Return mean, spreads, median and interval of each metric over one group."""
    result: dict[str, float] = {}
    for metric in metrics:
        _, table = case_table(rows, metric)
        values = np.nanmean(table, axis=1) if len(table) else np.array([])
        several = len(values) > 1
        rng = np.random.default_rng(settings.seed)
        low, high = (np.nan, np.nan)
        if several:
            low, high = _interval(bootstrap_means(table, _draw_cases(len(table), settings, rng), rng), settings)
        run_means = [column[~np.isnan(column)].mean() for column in table.T if not np.isnan(column).all()]
        result |= {
            metric: float(values.mean()) if len(values) else np.nan,
            f"{metric}_std": float(values.std(ddof=1)) if several else np.nan,
            f"{metric}_median": float(np.median(values)) if len(values) else np.nan,
            f"{metric}_low": low,
            f"{metric}_high": high,
            f"{metric}_std_runs": float(np.std(run_means, ddof=1)) if len(run_means) > 1 else np.nan,
        }
    return result


def _counts(rows: Sequence[Row]) -> dict[str, int]:
    """Return the number of cases and runs, and of the rows where the label is absent on one side or both."""
    one_sided = [row for row in rows if row["dice"] == 0 and np.isnan(row["hd95"])]
    invented = sum(bool(np.isnan(row["volume_error"])) for row in one_sided)
    return {
        "n": len(case_table(rows, "dice")[0]),
        "runs": len({row.get("run", 0) for row in rows}),
        "absent": sum(bool(np.isnan(row["dice"])) for row in rows),
        "missed": len(one_sided) - invented,
        "invented": invented,
    }


def _paired(
    a: NDArray[np.float64], b: NDArray[np.float64], settings: StatisticsSettings, metric: str
) -> dict[str, Any]:
    """Compare `(case, run)` tables with the same cases in the same order."""
    rng = np.random.default_rng(settings.seed)
    counts = _draw_cases(len(a), settings, rng)
    low, high = _interval(bootstrap_means(a, counts, rng) - bootstrap_means(b, counts, rng), settings)
    difference = np.nanmean(a, axis=1) - np.nanmean(b, axis=1)
    moved = difference[np.abs(difference) > 1e-12]
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
        "p_equivalence": _tost(difference, None, settings.margin) if metric in OVERLAPS else np.nan,
    }


def _unpaired(
    a: NDArray[np.float64], b: NDArray[np.float64], settings: StatisticsSettings, metric: str
) -> dict[str, Any]:
    """Compare `(case, run)` tables of different cases."""
    result: dict[str, Any] = dict.fromkeys(
        ("difference_low", "difference_high", "p", "smallest_p", "rank_biserial", "cohen_d", "p_equivalence"), np.nan
    )
    x, y = (np.nanmean(table, axis=1) if len(table) else np.array([]) for table in (a, b))
    difference = float(x.mean() - y.mean()) if len(x) and len(y) else np.nan
    result |= {"method": "none", "pairs": 0, "difference": difference}
    if min(len(x), len(y)) < 2:
        return result
    rng = np.random.default_rng(settings.seed)
    samples = [bootstrap_means(table, _draw_cases(len(table), settings, rng), rng) for table in (a, b)]
    low, high = _interval(samples[0] - samples[1], settings)
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
        "p_equivalence": _tost(x, y, settings.margin) if metric in OVERLAPS else np.nan,
    }


def _tost(x: NDArray[np.float64], y: NDArray[np.float64] | None, margin: float) -> float:
    """Return the larger p of the two one-sided t-tests, of paired differences `x` or of `x` against `y` (Welch)."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Precision loss", RuntimeWarning)
        if y is None:
            low = stats.ttest_1samp(x, -margin, alternative="greater").pvalue
            high = stats.ttest_1samp(x, margin, alternative="less").pvalue
        else:
            low = stats.ttest_ind(x + margin, y, equal_var=False, alternative="greater").pvalue
            high = stats.ttest_ind(x - margin, y, equal_var=False, alternative="less").pvalue
    return float(max(low, high))
