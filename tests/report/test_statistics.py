import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats import weightstats

from labelct.report.settings import StatisticsSettings
from labelct.report.statistics import SHOWN, case_table, compare, compare_arms, holm, summarise

SETTINGS = StatisticsSettings(resamples=4000)
NAN = float("nan")


def rows(values, arm="clinical", run=0, label="liver", first=0, test="ts"):
    return pd.DataFrame(
        {
            "arm": arm,
            "run": run,
            "test": test,
            "case": f"c{first + index:03}",
            "label": label,
            "dice": value,
            "surface_dice": value,
            "hd95": NAN if value == 0 else 5.0,
            "volume_error": -1.0 if value == 0 else 0.0,
        }
        for index, value in enumerate(values)
    )


def one(scores, by, settings):
    """Return the only row of a summary."""
    (row,) = summarise(scores, by, settings).to_dict("records")
    return row


@pytest.fixture
def planted():
    rng = np.random.default_rng(3)
    reference = np.clip(rng.normal(0.93, 0.03, 24), 0.0, 1.0)
    return reference, np.clip(reference + rng.normal(-0.015, 0.012, 24), 0.0, 1.0)


def test_mean_std_and_median_are_numpys():
    values = [0.9, 0.8, 0.95, 0.7]
    summary = one(rows(values), ["arm", "label"], SETTINGS)
    assert summary["dice"] == pytest.approx(np.mean(values))
    assert summary["dice_std"] == pytest.approx(np.std(values, ddof=1))
    assert summary["dice_median"] == pytest.approx(np.median(values))
    assert (summary["arm"], summary["n"], summary["runs"]) == ("clinical", 4, 1)


def test_absent_rows_are_counted_and_never_averaged():
    summary = one(rows([0.8, NAN, 0.6, NAN, 0.0]), ["label"], SETTINGS)
    assert (summary["n"], summary["absent"], summary["missed"], summary["invented"]) == (3, 2, 1, 0)
    assert summary["dice"] == pytest.approx(1.4 / 3)
    assert summary["hd95"] == 5.0


def test_the_interval_is_scipys_percentile_bootstrap(planted):
    _, values = planted
    summary = one(rows(values), ["arm"], SETTINGS)
    expected = stats.bootstrap((values,), np.mean, n_resamples=4000, method="percentile", rng=1).confidence_interval
    assert (summary["dice_low"], summary["dice_high"]) == pytest.approx((expected.low, expected.high), abs=5e-4)
    assert summarise(rows(values), ["arm"], SETTINGS).equals(summarise(rows(values), ["arm"], SETTINGS))


def test_runs_widen_the_interval_but_are_no_further_cases(planted):
    _, values = planted
    apart = pd.concat([rows(values + 0.02, run=0), rows(values - 0.02, run=1)])
    pooled = one(apart, ["arm"], SETTINGS)
    single = one(rows(values), ["arm"], SETTINGS)
    assert pooled["n"] == single["n"]
    assert pooled["dice"] == pytest.approx(single["dice"])
    assert pooled["dice_std"] == pytest.approx(single["dice_std"])
    assert pooled["dice_std_runs"] == pytest.approx(0.04 / np.sqrt(2))
    assert pooled["dice_high"] - pooled["dice_low"] > 1.5 * (single["dice_high"] - single["dice_low"])


def test_one_case_has_no_spread_and_no_interval():
    summary = one(rows([0.9]), ["arm"], SETTINGS)
    assert summary["dice"] == 0.9
    assert all(np.isnan(summary[name]) for name in ("dice_std", "dice_low", "dice_high"))


def test_the_interval_of_one_case_is_over_its_runs():
    summary = one(
        pd.concat([rows([dice], run=run) for run, dice in enumerate((0.8, 0.9, 0.7, NAN))]), ["arm"], SETTINGS
    )
    assert (summary["n"], summary["dice"]) == (1, pytest.approx(0.8))
    assert (summary["dice_low"], summary["dice_high"]) == pytest.approx((0.7, 0.9))


@pytest.mark.parametrize("metric", ["dice", "hd95"])
def test_no_interval_reaches_beyond_the_scores_where_cases_and_runs_have_gaps(metric):
    apart = pd.concat([rows([0.9, NAN], run=0), rows([NAN, 0.8], run=1)])
    apart["hd95"] = 100 * apart["dice"]
    summary = one(apart, ["arm"], SETTINGS)
    scale = {"dice": 1, "hd95": 100}[metric]
    ends = [summary[f"{metric}_{end}"] / scale for end in ("low", "high")]
    assert ends == pytest.approx([0.8, 0.9])
    better = apart.assign(dice=apart["dice"] + 0.05, hd95=apart["hd95"] + 5)
    result = compare(better, apart, SETTINGS, metric)
    assert -0.05 <= result["difference_low"] / scale <= 0.05 <= result["difference_high"] / scale <= 0.15 + 1e-9


def test_a_group_absent_everywhere_is_nan():
    summary = one(rows([NAN, NAN]), ["arm"], SETTINGS)
    assert (summary["n"], summary["absent"]) == (0, 2)
    assert np.isnan(summary["dice"])


def test_without_settings_no_interval_is_drawn(planted):
    summary, full = one(rows(planted[1]), ["arm"], None), one(rows(planted[1]), ["arm"], SETTINGS)
    assert {name for name in full if not np.isnan(full[name] if name != "arm" else 0)} - {
        name for name in summary if name == "arm" or not np.isnan(summary[name])
    } == {f"{metric}_{end}" for metric in SHOWN for end in ("low", "high")}


def test_two_scores_of_a_case_in_one_run_are_refused():
    with pytest.raises(ValueError, match="c000 has two scores"):
        case_table(pd.concat([rows([0.9]), rows([0.8])]), "dice")


def test_paired_tests_agree_with_scipy_and_statsmodels(planted):
    reference, values = planted
    result = compare(rows(values), rows(reference), SETTINGS)
    difference = values - reference
    assert (result["method"], result["pairs"]) == ("wilcoxon", 24)
    assert result["difference"] == pytest.approx(difference.mean())
    assert result["difference_low"] < difference.mean() < result["difference_high"] < 0
    assert result["p"] == pytest.approx(stats.wilcoxon(values, reference).pvalue)
    assert result["cohen_d"] == pytest.approx(difference.mean() / difference.std(ddof=1))
    assert result["p_equivalence"] == pytest.approx(weightstats.ttost_paired(values, reference, -0.02, 0.02)[0])


def test_cases_are_paired_by_name_and_not_by_order(planted):
    reference, values = planted
    shuffled = rows(values).sample(frac=1, random_state=0)
    result, expected = (compare(arm, rows(reference), SETTINGS) for arm in (shuffled, rows(values)))
    assert result["p"] == expected["p"]
    assert result["difference"] == pytest.approx(expected["difference"])


def test_rank_biserial_is_one_when_every_case_gains():
    result = compare(rows([0.9, 0.8, 0.7, 0.6]), rows([0.5, 0.6, 0.4, 0.1]), SETTINGS)
    assert result["rank_biserial"] == 1.0
    assert result["p"] == pytest.approx(result["smallest_p"]) == pytest.approx(0.125)


def test_an_arm_equals_itself(planted):
    reference, _ = planted
    result = compare(rows(reference), rows(reference), SETTINGS)
    assert (result["p"], result["difference"], result["rank_biserial"]) == (1.0, 0.0, 0.0)
    assert result["p_equivalence"] == 0.0


def test_a_difference_as_large_as_the_margin_is_not_equivalent(planted):
    reference, values = planted
    assert compare(rows(values), rows(reference), StatisticsSettings(margin=0.03))["p_equivalence"] < 0.001
    assert compare(rows(values), rows(reference), StatisticsSettings(margin=0.01))["p_equivalence"] > 0.9


def test_arms_with_other_cases_are_compared_unpaired(planted):
    reference, values = planted
    result = compare(rows(values, first=100), rows(reference), SETTINGS)
    test = stats.mannwhitneyu(values, reference)
    assert (result["method"], result["pairs"]) == ("mann-whitney", 0)
    assert result["p"] == pytest.approx(test.pvalue)
    assert result["rank_biserial"] == pytest.approx(2 * test.statistic / 24**2 - 1)
    expected = weightstats.ttost_ind(values, reference, -0.02, 0.02, usevar="unequal")[0]
    assert result["p_equivalence"] == pytest.approx(expected)


def test_a_single_case_is_compared_without_a_test():
    result = compare(rows([0.9]), rows([0.8]), SETTINGS)
    assert result["method"] == "none"
    assert result["difference"] == pytest.approx(0.1)
    assert np.isnan(result["p"])


def test_pairs_leave_out_cases_without_a_number_in_either_arm():
    result = compare(rows([0.9, NAN, 0.8, 0.7]), rows([0.8, 0.9, NAN, 0.5]), SETTINGS)
    assert result["pairs"] == 2
    assert result["difference"] == pytest.approx(0.15)


@pytest.mark.parametrize(
    ("p", "corrected"),
    [
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.5, 0.5, 0.9], [1.0, 1.0, 1.0]),
        ([0.001], [0.001]),
        ([0.2, 0.2, 0.04, 0.04], [0.4, 0.4, 0.16, 0.16]),
        ([], []),
    ],
)
def test_holm_multiplies_the_least_by_all_the_next_by_one_less_and_never_falls(p, corrected):
    assert holm(p) == pytest.approx(corrected)


def test_holm_leaves_nan_out_of_the_family():
    assert holm([0.02, NAN, 0.03]) == pytest.approx([0.04, NAN, 0.04], nan_ok=True)


def test_holm_corrects_over_the_arms_of_one_label(planted):
    reference, values = planted
    arms = [rows(reference), rows(values, "synth1"), rows(values - 0.1, "synth3"), rows(values, label="spleen")]
    results = compare_arms(pd.concat(arms), "clinical", SETTINGS)
    assert results[["arm", "label"]].to_numpy().tolist() == [["synth1", "liver"], ["synth3", "liver"]]
    assert results["p_holm"].tolist() == holm(results["p"])
    assert results["p_holm"][0] >= results["p"][0]
