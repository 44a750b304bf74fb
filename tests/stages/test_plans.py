"""A plan knows what is there, what is missing and how long its like took, and writes nothing."""

import os

import pytest

from labelct import pipeline
from labelct.errors import InputError
from labelct.stages import plans
from labelct.store import RECIPE, build, recipe_of
from labelct.texts import read_text
from labelct.writing import write_text


def make(folder):
    write_text(folder / "case", "content" * 1000)


def trained(steps, seed=0, parents=()):
    return recipe_of("training", 1, {"trainer": {"steps": steps}, "seed": seed}, parents)


@pytest.fixture
def config(configured, tmp_path):
    return configured(f"paths.outputs={tmp_path / 'outputs'}", "debug=smoke")


def test_before_the_first_run_sizes_are_known_and_keys_are_not(config, tmp_path):
    plan = pipeline.plan(config)
    assert [stage.stage for stage in plan.stages] == [
        *("cohort", "checked", "synthesis", "projections", "dataset", "training", "segmentation", "scores")
    ]
    assert [bool(stage.key) for stage in plan.stages] == [True] + [False] * 7
    sizes = {stage.stage: stage.size for stage in plan.stages}
    voxels, scanner = 40 * 32 * 40, config.scanner
    turns = 400 / (scanner.rows * scanner.row_width * scanner.pitch) + 2
    bytes_a_turn = 4 * scanner.rows * scanner.channels * scanner.views
    assert sizes["dataset"] == 3 * voxels * plans.VOXEL_BYTES
    assert sizes["projections"] == pytest.approx(3 * bytes_a_turn * turns, rel=1e-6)
    assert not (tmp_path / "outputs").exists()


def test_without_a_test_nothing_is_checked_segmented_or_scored(configured, tmp_path):
    plan = pipeline.plan(configured(f"paths.outputs={tmp_path / 'outputs'}", "debug=smoke", "test=none"))
    assert [stage.stage for stage in plan.stages] == ["cohort", "synthesis", "projections", "dataset", "training"]


def test_a_stage_takes_what_the_nearest_of_its_kind_took_for_as_much_work(config, tmp_path):
    root = tmp_path / "outputs" / "stages"
    other, near = (build(root, trained(*how), make) for how in ((100, 7), (100, 0)))
    for stage, seconds in ((other, 1000.0), (near, 30.0)):
        began = (stage.folder / RECIPE).stat().st_mtime
        os.utime(stage.folder / "files.json", (began + seconds, began + seconds))
    plan = plans.walk(config, root, lambda: [build(root, trained(steps), make) for steps in (100, 200)])
    reused, planned = plan.stages[:2]
    assert (reused.made, reused.key) == (False, near.key)
    assert (planned.made, planned.like, planned.seconds) == (True, near.key, pytest.approx(60.0, abs=0.2))
    assert planned.size == pytest.approx(reused.size)
    assert [path.name for path in (root / "training").iterdir() if path.is_dir()].count(planned.key) == 0


def test_what_a_stage_would_hold_ends_the_walk_and_anything_else_is_an_error(config, tmp_path):
    root = tmp_path / "outputs" / "stages"

    def read(path):
        read_text(build(root, trained(100), make).folder / "log.csv" if path is None else path, "mend it")

    plan = plans.walk(config, root, lambda: read(None))
    assert [stage.stage for stage in plan.stages] == ["training", "segmentation", "scores"]
    with pytest.raises(InputError, match="no such file"):
        plans.walk(config, root, lambda: read(tmp_path / "missing"))
