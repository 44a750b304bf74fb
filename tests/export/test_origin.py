"""The run behind a model is the one that is named, or the last of those that used it."""

import os

from labelct.export.origin import run_of
from tests.export.runs import finished, scored


def test_a_run_that_is_named_is_the_one(tmp_path):
    run = finished(tmp_path)
    assert run_of(tmp_path / "stages" / "training" / "0123456789ab", run) == run


def test_of_the_runs_that_used_a_training_it_is_the_last(tmp_path):
    model = tmp_path / "stages" / "training" / "0123456789ab"
    runs = [finished(tmp_path), scored(tmp_path / "sweeps" / "a" / "b" / "0", "0123456789ab")]
    other = scored(tmp_path / "runs" / "2026-01-02" / "10-00-00", "ffffffffffff")
    (scored(tmp_path / "runs" / "a" / "c", "0") / "scores.json").write_text("{")
    for number, run in enumerate([*runs, other]):
        os.utime(run / "scores.json", (100 - number, 100 + number))
    assert run_of(model, model) == runs[1]
    os.utime(runs[0] / "scores.json", (1000, 1000))
    assert run_of(model, model) == runs[0]


def test_a_model_that_lies_elsewhere_has_none(tmp_path):
    finished(tmp_path)
    (tmp_path / "copy").mkdir()
    assert run_of(tmp_path / "copy", tmp_path / "copy") is None
