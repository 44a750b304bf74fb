"""Folds of a cross-validation: held-out cases are one run, shared test cases as many runs as folds."""

import json

import numpy as np
import pytest

from labelct.report import cross_validation, document, files
from tests.report.runs import write_run

OWN = {0: [0.9, 0.8], 1: [0.7, 0.6], 2: [0.5, 0.4]}
SHARED = {0: [0.9, 0.6, 0.3], 1: [0.6, 0.3, 0.6], 2: [0.3, 0.3, 0.3]}


def write_folds(folder, fold, own=None, shared=None, seed=0, **choices):
    """Write the run of one fold of three: its own held-out cases, and CT that every fold is tested on."""
    choices = {"data": "synth3", **choices, "fold": f"{fold}/3"}
    number = f"{choices['data']}-{seed}-{fold}"
    write_run(folder / number, own or OWN[fold], choices, seed, number, [f"evaluation.fold={fold}"], "own")
    path = folder / number / "scores.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    for row in record["rows"]:
        row["case"] = f"{row['case']}of{fold}"
    write_run(folder.parent / "aside" / number, shared or SHARED[fold], choices, seed, number, test="clinic")
    record["rows"] += json.loads((folder.parent / "aside" / number / "scores.json").read_text(encoding="utf-8"))["rows"]
    path.write_text(json.dumps(record), encoding="utf-8")
    return path


@pytest.fixture
def folds(tmp_path):
    for fold in range(3):
        write_folds(tmp_path / "runs", fold)
    return tmp_path / "runs"


def rows_of(report, test):
    return report.results[report.results["test"] == test].to_dict("records")


def test_pooled_figures_are_those_by_hand(folds):
    report = document.gather([folds])
    (own,), (shared,) = rows_of(report, "own"), rows_of(report, "clinic")
    values = np.concatenate(list(OWN.values()))
    assert (own["n"], own["runs"]) == (6, 1)
    assert (own["dice"], own["dice_std"]) == (pytest.approx(0.65), pytest.approx(np.std(values, ddof=1)))
    assert (shared["n"], shared["runs"]) == (3, 3), "a case that six networks see is no six cases"
    assert shared["dice"] == pytest.approx(np.mean([0.6, 0.4, 0.4]))
    assert shared["dice_std"] == pytest.approx(np.std([0.6, 0.4, 0.4], ddof=1))
    assert shared["dice_std_runs"] == pytest.approx(np.std([0.6, 0.5, 0.3], ddof=1))


def test_the_interval_over_held_out_cases_is_that_of_one_run_over_them(folds, tmp_path):
    write_run(tmp_path / "one" / "0", np.concatenate(list(OWN.values())), {"data": "synth3"}, test="own")
    (own,), (one,) = rows_of(document.gather([folds]), "own"), rows_of(document.gather([tmp_path / "one"]), "own")
    assert (own["dice_low"], own["dice_high"]) == (one["dice_low"], one["dice_high"])


def test_every_fold_has_a_row_of_its_own(folds, tmp_path):
    report = document.gather([folds])
    own = report.folds[report.folds["test"] == "own"]
    assert own["fold"].tolist() == ["0/3", "1/3", "2/3"]
    assert own["dice"].tolist() == pytest.approx([0.85, 0.65, 0.45])
    assert own["n"].tolist() == [2, 2, 2]
    files.write(report, tmp_path / "out", forms=["png"])
    assert "## Folds" in (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert "<h2>Folds</h2>" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert len((tmp_path / "out" / "folds.csv").read_text(encoding="utf-8").splitlines()) == 7


def test_folds_are_no_arms_and_what_was_pooled_is_said(folds):
    report = document.gather([folds])
    assert report.results["arm"].unique().tolist() == ["data=synth3"]
    assert "Folds are pooled in own: each case once, by the network that held it out." in report.remarks
    assert any(remark.startswith("Every fold's network was tested on clinic") for remark in report.remarks)
    assert not any("missing" in remark or "other settings" in remark for remark in report.remarks)


def test_a_fold_that_is_missing_is_warned_of(folds):
    (folds / "synth3-0-1" / "scores.json").unlink()
    warnings = [remark for remark in document.gather([folds]).remarks if remark.startswith("Warning")]
    assert "Warning: of 3 folds 1 are missing in data=synth3, seed 0." in warnings


def test_seeds_of_a_cross_validation_are_runs_over_the_same_cases(folds):
    for fold in range(3):
        write_folds(folds, fold, own=[value - 0.1 for value in OWN[fold]], seed=1)
    report = document.gather([folds])
    (own,) = rows_of(report, "own")
    assert (own["n"], own["runs"]) == (6, 2)
    assert own["dice"] == pytest.approx(0.60)
    assert own["dice_std_runs"] == pytest.approx(np.std([0.65, 0.55], ddof=1))


def test_arms_are_compared_case_by_case_over_the_folds(folds):
    for fold in range(3):
        write_folds(folds, fold, own=[value + 0.05 for value in OWN[fold]], data="synth1")
    report = document.gather([folds], reference="synth3")
    (compared,) = [row for row in rows_of(report, "own") if row["data"] == "synth1"]
    assert (compared["method"], compared["pairs"]) == ("wilcoxon", 6)
    assert compared["difference"] == pytest.approx(0.05)


def test_without_folds_nothing_is_said_of_them(sweep, tmp_path):
    report = document.gather([sweep])
    assert report.folds.empty
    assert cross_validation.remarks(report.scores) == []
    files.write(report, tmp_path / "out", forms=["png"])
    assert not (tmp_path / "out" / "folds.csv").exists()
    assert "Folds" not in (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
