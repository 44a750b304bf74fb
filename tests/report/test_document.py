import json

import pytest

from labelct.errors import InputError, SettingError
from labelct.report import document
from tests.report.runs import REFERENCE, lowered, write_run


def test_a_reference_is_compared_with_and_no_row_of_its_own_tests(sweep):
    report = document.gather([sweep])
    assert report.reference == "data=clinical"
    results = report.results.set_index("data")
    assert results["p"].isna().tolist() == [True, False, False]
    assert results.loc["synth1", "p_holm"] == pytest.approx(2 * results.loc["synth1", "p"])
    assert report.table.set_index("data").loc["clinical", "Δ Dice"] == "reference"


def test_other_test_cohorts_are_compared_on_their_own(tmp_path):
    for arm in ("clinical", "synth3"):
        for test in ("ts", "btcv"):
            dice = lowered(REFERENCE, 0.01 * (arm == "synth3"))
            write_run(tmp_path / arm / test, dice, {"data": arm}, test=test, key=arm + test)
    results = document.gather([tmp_path]).results
    assert list(zip(results["test"], results["data"], strict=True)) == [
        ("btcv", "clinical"),
        ("btcv", "synth3"),
        ("ts", "clinical"),
        ("ts", "synth3"),
    ]


def test_few_cases_are_warned_of(tmp_path):
    for number, data in enumerate(("clinical", "synth1")):
        write_run(tmp_path / data, REFERENCE[:4] - 0.01 * number, {"data": data})
    warnings = [remark for remark in document.gather([tmp_path]).remarks if remark.startswith("Warning")]
    assert any("least p possible is 0.125" in warning for warning in warnings)
    assert any("n = 4" in warning for warning in warnings)


def test_runs_of_two_versions_are_compared_with_a_warning(sweep):
    for number, path in enumerate(sorted(sweep.glob("*/scores.json"))):
        record = json.loads(path.read_text(encoding="utf-8")) | {"software": f"labelct 1.{min(number, 1)}"}
        path.write_text(json.dumps(record), encoding="utf-8")
    said = "Warning: runs of labelct 1.0, labelct 1.1 are compared, which may differ by that alone."
    assert said in document.gather([sweep]).remarks


def test_other_cases_are_compared_unpaired_and_said_so(sweep):
    path = sweep / "3" / "scores.json"
    path.write_text(
        path.read_text(encoding="utf-8").replace('"c0', '"other0').replace('"c1', '"other1'), encoding="utf-8"
    )
    report = document.gather([sweep])
    assert report.results["method"].tolist()[1:] == ["wilcoxon", "mann-whitney"]
    assert any("Mann-Whitney" in remark for remark in report.remarks)


def test_nothing_to_report_is_one_line(tmp_path):
    with pytest.raises(InputError, match="no scores in it") as caught:
        document.gather([tmp_path])
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="no such folder"):
        document.gather([tmp_path / "nowhere"])


def test_runs_that_scored_nothing_are_left_out_and_alone_are_nothing_to_compare(tmp_path):
    write_run(tmp_path / "untested" / "0", [], {"data": "synth1"})
    with pytest.raises(InputError, match=r"untested: nothing to compare: 1 finished run, all with test=none") as caught:
        document.gather([tmp_path / "untested"])
    assert "\n" not in str(caught.value)
    write_run(tmp_path / "tested", REFERENCE, {"data": "synth3"})
    report = document.gather([tmp_path])
    assert [run.choices["data"] for run in report.runs] == ["synth3"]
    assert "1 of 2 jobs have no scores (test=none) and are left out." in report.remarks


def test_a_choice_that_no_run_has_is_refused(sweep):
    with pytest.raises(SettingError, match="did you mean 'data'"):
        document.gather([sweep], ["dta"])
