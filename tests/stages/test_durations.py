import os
import shutil

import pytest

from labelct.stages.durations import seconds, with_ancestors
from labelct.store import Stage, build, recipe_of


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


def test_epochs_count_where_they_took_longer_than_the_last_try(stage):
    for rows, took in (("0,30.0\n1,29.0\n", 90.0), ("0,80.0\n1,29.0\n", 109.0)):
        (stage.folder / "log.csv").write_text(f"epoch,seconds\n{rows}", encoding="utf-8")
        assert seconds([stage]) == [("synthesis", "a" * 12, took)]


def test_what_a_stage_was_made_from_counts_with_it_and_what_is_gone_does_not(tmp_path):
    made = {}
    for name, parents in (("priors", ()), ("synthesis", ("priors",)), ("projections", ("synthesis",)),
                          ("dataset", ("synthesis", "projections")), ("fold", ())):  # fmt: skip
        recipe = recipe_of(name, 1, {}, [made[parent] for parent in parents])
        made[name] = build(tmp_path, recipe if name != "fold" else recipe | {"settings": {"of": made["dataset"].key}},
                           lambda folder: (folder / "file").touch())  # fmt: skip
    assert [stage.name for stage in with_ancestors([made["fold"], made["synthesis"]])] == [
        "priors", "synthesis", "projections", "dataset", "fold"
    ]  # fmt: skip
    shutil.rmtree(made["projections"].folder)
    assert [stage.name for stage in with_ancestors([made["dataset"]])] == ["priors", "synthesis", "dataset"]


def test_what_tells_no_duration_has_none(stage):
    os.utime(stage.folder / "files.json", (900, 900))
    assert seconds([stage]) == []
    (stage.folder / "files.json").unlink()
    assert seconds([stage]) == []
