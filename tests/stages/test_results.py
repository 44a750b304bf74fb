import json
import re

import numpy as np
import pytest

from labelct.report import arms, scores
from labelct.stages import results
from labelct.store import Stage
from labelct.tracking import Tracker
from tests.stages.chain import SMALL


def test_summary_counts_what_is_absent_and_leaves_it_out():
    row = {
        "test": "own",
        "case": "",
        "label": "liver",
        "absent": "",
        "surface_dice": 1.0,
        "hd95": 1.0,
        "volume_error": 0.0,
    }
    found = ({"dice": 0.8}, {"dice": 0.6}, {"dice": float("nan"), "absent": "both"})
    rows = [row | values | {"case": f"c{number}"} for number, values in enumerate(found)]
    summary = results.summarise(scores.table(rows))["own/liver"]
    assert (summary["n"], summary["absent"]) == (2, 1)
    assert summary["dice"] == pytest.approx(0.7)
    assert summary["dice_std"] == pytest.approx(np.sqrt(0.02))


def test_without_a_test_the_model_is_the_result(configured, made, tmp_path, monkeypatch, capsys):
    _, (_, _, _, training_set) = made
    model, run = Stage("training", "b" * 12, tmp_path / "stages" / "b"), tmp_path / "my runs" / "1"
    run.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    config = configured(*(override for override in SMALL if not override.startswith("test=")), "test=none")
    assert (
        results.write(config, run, {"data": "synth1"}, [], results.Outcome([training_set, model], {}, []), Tracker())
        is None
    )
    assert {path.name for path in run.iterdir()} == {"scores.json", "figures"}
    assert {path.name for path in (run / "figures").iterdir()} == {"montage.png"}
    told = capsys.readouterr().out
    assert f"model: {model.folder}" in told
    assert "labelct segment my_ct.nii.gz -o out --model 'my runs/1'" in told
    assert "mean nothing" not in told
    record = json.loads((run / "scores.json").read_text())
    assert (record["rows"], record["summary"]) == ([], {})
    assert ["training", "b" * 12] in record["keys"]
    ((found,), _) = arms.gather([run])
    assert found.scores.empty


def test_masks_of_a_trial_are_said_to_mean_nothing(configured, tmp_path, capsys):
    model = Stage("training", "b" * 12, tmp_path / "model")
    results._print_model(configured("debug=smoke", "test=none"), tmp_path, [model])
    assert capsys.readouterr().out.endswith("its masks mean nothing: this was a trial, with debug=\n")


def test_the_report_reads_what_a_job_writes(configured, made, tmp_path, capsys):
    _, (cohort, _, _, training_set) = made
    row = {"test": "own", "case": "c0", "label": "liver", "absent": "", "surface_dice": 1.0, "volume_error": 0.0}
    rows = [row | {"dice": 0.8, "hd95": 2.0}, row | {"dice": float("nan"), "hd95": float("nan"), "case": "c1"}]
    tested = {"own": (cohort.test, Stage("segmentation", "b" * 12, tmp_path))}
    outcome = results.Outcome([training_set, Stage("scores", "a" * 12, tmp_path)], tested, rows)
    score = results.write(configured(*SMALL), tmp_path, {"data": "synth1"}, ["seed=1"], outcome, Tracker())
    assert score == 0.8
    told = capsys.readouterr().out
    assert "absent" in told
    assert re.search(r"own +liver +1 +0\.800 ", told)
    ((run,), failed) = arms.gather([tmp_path])
    assert (run.choices, run.seed, run.key, failed) == ({"data": "synth1"}, "1", "a" * 12, [])
    assert run.scores.equals(scores.table(rows))
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {"dice.png", "montage.png"}
    assert json.loads((tmp_path / "scores.json").read_text())["summary"]["own/liver"]["dice_std"] is None
