"""The report as one object: finished runs pooled into arms, summarised, compared, and what to know about the result."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from labelct.errors import InputError, listed
from labelct.report import arms, cross_validation, hours, published, shown, tables
from labelct.report.arms import FinishedRun
from labelct.report.settings import StatisticsSettings
from labelct.report.statistics import KEY, beside, compare_arms, summarise

FEW = 10  # cases below which a percentile bootstrap is known to be too narrow
MOST_VERSIONS = 2  # named in a warning, a commit of forty characters each
SIGNIFICANT = 0.05  # the level that papers of the field state


@dataclass(frozen=True)
class Report:
    """What many runs say together.

    Attributes:
        runs: The finished runs.
        by: The choices that make an arm.
        scores: Their scores, pooled by arm.
        results: One row per arm, test cohort and label.
        reference: The arm that the others are compared with, or None.
        margin: The margin of equivalence.
        remarks: What a reader must know to judge the table; warnings open with `Warning`.
        failed: Folders of jobs without scores and why.
        folds: One row per arm, fold, test cohort and label where there was a cross-validation; else empty.
    """

    runs: Sequence[arms.FinishedRun]
    by: Sequence[str]
    scores: pd.DataFrame = field(repr=False, compare=False)
    results: pd.DataFrame = field(repr=False, compare=False)
    reference: str | None = None
    margin: float = StatisticsSettings.margin
    remarks: Sequence[str] = ()
    failed: Sequence[tuple[Path, str]] = ()
    folds: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False, compare=False)

    @property
    def experiments(self) -> list[str]:
        """The experiments and sweeps that the runs belong to."""
        return sorted({run.experiment for run in self.runs} - {""})

    @property
    def title(self) -> str:
        """Its heading."""
        return ", ".join(self.experiments) or "Scores"

    @cached_property
    def table(self) -> pd.DataFrame:
        """The results as text."""
        return tables.cells(self.results, self.by, self.reference, self.margin)

    @cached_property
    def shown(self) -> shown.Shown:
        """What its figures show."""
        return shown.choose(self.scores, self.runs, self.by, self.reference)

    @cached_property
    def hours(self) -> pd.DataFrame:
        """What each arm took, as `hours.by_arm` has it."""
        return hours.by_arm(self.runs, self.by)

    @cached_property
    def fold_table(self) -> pd.DataFrame:
        """The results fold by fold as text; empty where there was no cross-validation."""
        if self.folds.empty:
            return self.folds
        return tables.cells(self.folds, [*self.by, "fold"], None, self.margin).drop(columns="95 % CI")


def gather(
    folders: Sequence[Path],
    by: Sequence[str] = (),
    reference: str | None = None,
    expected: Path | None = None,
    settings: StatisticsSettings | None = None,
) -> Report:
    """Make the report of all finished runs at or below some folders.

    Args:
        folders: Runs, sweeps, or folders above them.
        by: The choices that make an arm; none given: all that vary.
        reference: The arm to compare with, as `arms.reference_arm` understands it.
        expected: A file of published values; None: that of the experiment, where there is one.
        settings: Bootstrap and margin.

    Raises:
        InputError: There is nothing to report, or a file cannot be read.
        SettingError: `by` or `reference` fits no run.
    """
    settings = settings or StatisticsSettings()
    finished, failed = arms.gather(folders)
    runs = [run for run in finished if not run.scores.empty]
    untested = len(finished) - len(runs)
    if not runs:
        raise _nothing(folders, untested, failed)
    by = arms.check_choices(by, runs) if by else arms.choices_that_vary(runs)
    scores, remarks = arms.pool(runs, by)
    folds, scores = cross_validation.by_fold(scores, by), cross_validation.joined(scores)
    remarks += [f"{untested} of {len(finished)} jobs have no scores (test=none) and are left out."] if untested else []
    remarks += [*_versions(runs), *cross_validation.remarks(scores)]
    chosen = arms.reference_arm(reference, list(scores["arm"].unique()))
    results, sources = published.join(summarised(scores, by, chosen, settings), published.find(expected, runs))
    remarks += [*_remarks(results, chosen, settings), *sources]
    report = Report(runs, by, scores, results, chosen, settings.margin, remarks, failed, folds)
    remarks += report.shown.remarks
    return report


def _versions(runs: Sequence[FinishedRun]) -> list[str]:
    """Return a warning where not all runs were made by the same labelct."""
    found = sorted({run.software for run in runs if run.software})
    if len(found) < 2:
        return []
    return [f"Warning: runs of {listed(found, MOST_VERSIONS)} are compared, which may differ by that alone."]


def _nothing(folders: Sequence[Path], untested: int, failed: Sequence[tuple[Path, str]]) -> InputError:
    """Return why there is no report: no run finished, or those that did score nothing."""
    where = ", ".join(str(folder) for folder in folders)
    if untested:
        problem = f"nothing to compare: {untested} finished run{'s' * (untested > 1)}, all with test=none"
        return InputError(where, problem, "use a model with labelct segment, or run with test=own to score it")
    reasons = f"; {len(failed)} jobs left none: {failed[0][1]} ({failed[0][0]})" if failed else ""
    return InputError(where, f"no scores in it{reasons}", "give a folder that holds finished runs")


def summarised(
    scores: pd.DataFrame, by: Sequence[str], reference: str | None, settings: StatisticsSettings
) -> pd.DataFrame:
    """Return one row per test cohort, label and arm: summary and, beside a reference, comparison of the Dice."""
    results = summarise(scores, [*by, *KEY], settings)
    if reference:
        results = results.merge(compare_arms(scores, reference, settings), how="left", on=list(KEY))
        results["pairs"] = results["pairs"].astype("Int64")
    return beside(results, ["test", "label"])


def _remarks(results: pd.DataFrame, reference: str | None, settings: StatisticsSettings) -> list[str]:
    """Return what a reader must know to judge the table."""
    remarks = ["Mean ± standard deviation over cases, the runs of an arm averaged per case first."]
    if results["absent"].any():
        remarks.append("absent: in truth and prediction, counted and in no mean.")
    if results[["missed", "invented"]].any(axis=None):
        remarks.append("missed or invented: on one side only; Dice and surface Dice 0, no HD95.")
    if (results["runs"] > 1).any() and results[["absent", "missed", "invented"]].any(axis=None):
        remarks.append("absent, missed and invented count segmentations: a case once for each run of its arm.")
    if reference:
        remarks += _on_comparisons(results.dropna(subset="method"), reference, settings)
    if ((results["n"] == 1) & results["dice_low"].notna()).any():
        remarks.append("n = 1: the interval is over the runs of the one case, and says nothing of other cases.")
    few = results["n"][results["dice_low"].notna()].min()  # NaN without any interval: no warning
    if few < FEW:
        remarks.append(f"Warning: with n = {few} an interval by bootstrap is too narrow.")
    return remarks


def _on_comparisons(compared: pd.DataFrame, reference: str, settings: StatisticsSettings) -> list[str]:
    """Return what a reader must know to judge the tests."""
    if compared.empty:
        return []
    remarks = [
        f"Δ, p and effect (rank-biserial) against {reference}, Holm over the arms of a test and label.",
        f"p equiv.: TOST, below {SIGNIFICANT:g} the arms are equivalent within ±{settings.margin:g} Dice.",
    ]
    if (compared["method"] == "mann-whitney").any():
        remarks.append("Some arms have other cases than the reference: Mann-Whitney, unpaired.")
    weak = compared["smallest_p"].fillna(1.0)[lambda p: p > SIGNIFICANT]  # none was tested where a case is alone
    if len(weak):
        least = weak[weak < 1].max() if (weak < 1).any() else 1.0
        remarks.append(f"Warning: too few cases to show a difference (the least p possible is {least:.3g}).")
    return remarks
