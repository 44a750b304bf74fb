import os

import pytest

from labelct.stages.durations import seconds
from labelct.store import Stage


@pytest.fixture
def stage(tmp_path):
    """Return a stage that took 90 s from its recipe to its list of files."""
    for name, time in (("recipe.json", 1000), ("files.json", 1090)):
        (tmp_path / name).write_text("{}", encoding="utf-8")
        os.utime(tmp_path / name, (time, time))
    return Stage("synthesis", "a" * 12, tmp_path)


def test_a_stage_takes_as_long_as_its_files_are_apart(stage):
    assert seconds([stage, stage]) == [("synthesis", "a" * 12, 90.0)]


def test_a_training_counts_the_tries_that_were_killed(stage):
    rows = "step,loss,seconds\n10,1.0,30.0\n20,0.9,61.5\n15,0.9,20.0\n25,0.8,\n30,0.7,40.0\n"
    (stage.folder / "log.csv").write_text(rows, encoding="utf-8")
    assert seconds([stage]) == [("synthesis", "a" * 12, 61.5 + 40.0)]


def test_a_cascade_counts_both_trainings(stage):
    (stage.folder / "fine").mkdir()
    for place, rows in ((".", "step,seconds\n10,30.0\n"), ("fine", "step,seconds\n10,12.5\n")):
        (stage.folder / place / "log.csv").write_text(rows, encoding="utf-8")
    assert seconds([stage]) == [("synthesis", "a" * 12, 42.5)]


def test_a_log_by_epochs_is_no_clock(stage):
    (stage.folder / "log.csv").write_text("epoch,seconds\n0,30.0\n1,29.0\n", encoding="utf-8")
    assert seconds([stage]) == [("synthesis", "a" * 12, 90.0)]


def test_what_tells_no_duration_has_none(stage):
    os.utime(stage.folder / "files.json", (900, 900))
    assert seconds([stage]) == []
    (stage.folder / "files.json").unlink()
    assert seconds([stage]) == []
