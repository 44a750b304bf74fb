import logging
from collections import Counter

import pytest

from labelct.errors import SettingError
from labelct.evaluation.folds import quantiles, share_out
from labelct.evaluation.settings import FoldSettings


def settings(folds=6, **given):
    return FoldSettings(folds=folds, fold=0, **given)


def strata_of(**numbers):
    """Return as many cases of each stratum as `numbers` says."""
    return {f"{stratum}{number:02}": stratum for stratum, count in numbers.items() for number in range(count)}


@pytest.mark.parametrize(("strata", "folds"), [(strata_of(a=60), 6), (strata_of(a=31, b=13), 5), (strata_of(a=4), 2)])
def test_each_case_is_held_out_once_and_is_in_one_split_of_a_fold(strata, folds):
    shared_out = share_out(strata, settings(folds))
    assert len(shared_out) == folds
    assert sorted(case for fold in shared_out for case in fold.test) == sorted(strata)
    for fold in shared_out:
        assert sorted((*fold.train, *fold.val, *fold.test)) == sorted(strata)
        assert fold.train
        assert fold.val
        assert len(strata) // folds <= len(fold.test) <= -(-len(strata) // folds)


def test_folds_and_their_validation_are_alike_in_the_strata():
    strata = strata_of(endorectal=30, surface=20, none=10)
    for fold in share_out(strata, settings(5, validation_share=0.25)):
        assert Counter(strata[case] for case in fold.test) == {"endorectal": 6, "surface": 4, "none": 2}
        assert Counter(strata[case] for case in fold.val) == {"endorectal": 6, "surface": 4, "none": 2}


def test_the_order_of_cases_does_not_matter_and_the_seed_does():
    strata = strata_of(a=12, b=9)
    assert share_out(dict(reversed(strata.items())), settings(3)) == share_out(strata, settings(3))
    assert share_out(strata, settings(3, fold_seed=1)) != share_out(strata, settings(3))


def test_more_cases_of_one_stratum_do_not_make_folds_uneven():
    sizes = {len(fold.test) for fold in share_out(strata_of(a=7, b=7, c=7, d=7), settings(6))}
    assert sizes == {4, 5}


@pytest.mark.parametrize(("cases", "folds"), [(5, 6), (3, 2), (2, 2)])
def test_too_few_cases_are_refused(cases, folds):
    with pytest.raises(SettingError, match=rf"evaluation\.folds={folds}: allowed is at most {cases} here") as caught:
        share_out(strata_of(a=cases), settings(folds))
    assert "\n" not in str(caught.value)


def test_a_stratum_that_cannot_be_in_every_fold_is_warned_of_in_one_line(caplog):
    with caplog.at_level(logging.WARNING):
        share_out(strata_of(common=20, rare=2), settings(4, strata="scanner"))
    assert [record.getMessage() for record in caplog.records] == [
        "evaluation.strata=scanner: not each of 4 folds has a case of rare (2)"
    ]


def test_a_column_in_which_nearly_every_case_differs_is_refused():
    strata = {f"c{number}": f"c{number // 2}" for number in range(12)}
    with pytest.raises(SettingError, match=r"evaluation\.strata='age'.*2 cases is the most that one of its 6 values"):
        share_out(strata, settings(3, strata="age"))


def test_quantiles_hold_equal_numbers_and_as_many_cases_as_folds():
    volumes = {f"c{number}": float(volume) for number, volume in enumerate([50, 10, 40, 20, 30, 60, 10, 80])}
    halves = {"c1": 1, "c6": 1, "c3": 1, "c4": 1, "c2": 2, "c0": 2, "c5": 2, "c7": 2}
    assert quantiles(volumes, settings(4)) == {case: f"quantile {half}" for case, half in halves.items()}
    assert set(quantiles(volumes, settings(2)).values()) == {f"quantile {number}" for number in (1, 2, 3, 4)}
    assert set(quantiles(volumes, settings(2, quantiles=2)).values()) == {"quantile 1", "quantile 2"}
    assert set(quantiles(volumes, settings(8)).values()) == {"quantile 1"}
