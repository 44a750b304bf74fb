"""Cases shared out into the folds of a stratified cross-validation, the same whatever their order."""

import hashlib
import logging
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from labelct.errors import SettingError
from labelct.evaluation.settings import FoldSettings

log = logging.getLogger(__name__)
FEWEST = 2  # cases besides those held out: one to train on, one to validate on


@dataclass(frozen=True)
class Fold:
    """The names of the cases of each split in one fold; `test` is what is held out."""

    train: tuple[str, ...]
    val: tuple[str, ...]
    test: tuple[str, ...]


def share_out(strata: Mapping[str, str], settings: FoldSettings) -> tuple[Fold, ...]:
    """Return the folds: each case is held out in exactly one, and every stratum is in each alike.

    Cases are brought into the order of a hash of seed and name first, which is the shuffling; scikit-learn's
    `StratifiedKFold` deals them out.

    Args:
        strata: `{case: its stratum}`; one stratum for all is no stratification.
        settings: Number of folds, share of the validation and seed.

    Raises:
        SettingError: There are too few cases, or no stratum has a case for each fold.
    """
    from sklearn.model_selection import StratifiedKFold

    assert settings.folds is not None
    cases = shuffled(strata, settings.fold_seed)
    _check_counts(strata, settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of a small stratum, which is said in our words
        deal = StratifiedKFold(settings.folds).split(cases, [strata[case] for case in cases])
        held_out = [{cases[place] for place in test} for _, test in deal]
    folds = tuple(_fold(cases, test, strata, settings.validation_share) for test in held_out)
    if any(len(fold.train) + len(fold.val) < FEWEST for fold in folds):
        raise SettingError("evaluation.folds", settings.folds, _few(len(cases)))
    return folds


def quantiles(volumes: Mapping[str, float], settings: FoldSettings) -> dict[str, str]:
    """Return the quantile of each case's volume, as a stratum; equal volumes are ordered by the cases' names.

    Args:
        volumes: `{case: volume}`.
        settings: Number of quantiles, each of which shall hold as many cases as there are folds.
    """
    assert settings.folds is not None
    number = max(1, min(settings.quantiles, len(volumes) // settings.folds))
    ordered = sorted(volumes, key=lambda case: (volumes[case], case))
    return {case: f"quantile {place * number // len(ordered) + 1}" for place, case in enumerate(ordered)}


def _fold(cases: Sequence[str], test: set[str], strata: Mapping[str, str], share: float) -> Fold:
    """Return the fold that holds out `test`; of the others a share validates, at least one and not all."""
    rest = [case for case in cases if case not in test]
    members = {stratum: [case for case in rest if strata[case] == stratum] for stratum in {strata[c] for c in rest}}
    # the place of each case within its stratum, from 0 to 1: the first ones of all strata together are a share of each
    place = {case: (n + 0.5) / len(group) for group in members.values() for n, case in enumerate(group)}
    validates = sorted(rest, key=lambda case: (place[case], rest.index(case)))
    validates = validates[: min(max(1, round(share * len(rest))), len(rest) - 1)]
    train = tuple(case for case in rest if case not in validates)
    val = tuple(case for case in rest if case in validates)
    return Fold(train, val, tuple(case for case in cases if case in test))


def _check_counts(strata: Mapping[str, str], settings: FoldSettings) -> None:
    """Raise where there are too few cases for the folds; warn of a stratum that not every fold can have a case of."""
    folds, counts = settings.folds or 0, Counter(strata.values())
    if folds > len(strata):
        raise SettingError("evaluation.folds", folds, _few(len(strata)))
    small = {stratum: count for stratum, count in sorted(counts.items()) if count < folds}
    if len(small) == len(counts):
        most = f"{max(counts.values())} cases is the most that one of its {len(counts)} values has"
        raise SettingError("evaluation.strata", settings.strata, f"what {folds} cases or more have alike", most)
    if small:
        told = ", ".join(f"{stratum} ({count})" for stratum, count in small.items())
        log.warning("evaluation.strata=%s: not each of %d folds has a case of %s", settings.strata, folds, told)


def _few(cases: int) -> str:
    return f"at most {cases} here, the cases of the cohort, and {FEWEST} or more that are not held out"


def shuffled(cases: Iterable[str], seed: int) -> list[str]:
    """Return names in the order of a hash of seed and name, whatever order they came in."""
    return sorted(cases, key=lambda case: hashlib.sha256(f"{seed}/{case}".encode()).digest())
