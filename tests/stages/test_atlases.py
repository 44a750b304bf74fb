"""Whole anatomies beside the cases of a cohort: their stage, what is refused, and volumes that are made of them."""

import dataclasses
import json
from functools import partial

import numpy as np
import pytest

from labelct.commands import replay
from labelct.errors import InputError
from labelct.io import nifti
from labelct.stages import atlases, cohorts, plans, scanning, synthesis, training_set
from labelct.streaming import SyntheticVolumes

AFFINE = np.diag([8.0, 8.0, 8.0, 1.0])
TINY = [
    "cohort=folder",
    "cohort.labels=*.nii.gz",
    "cohort.names=totalsegmentator_v2",
    "cohort.splits={train: 2, val: 1, test: 0}",
    "targets=[liver]",
    "test=own",
    "data=synth2",
    "data.spacing=10",
    "data.replicates=2",
    "data.atlas.whole=0.6",
    "scanner=none",
    "drop=none",
    "parallel.workers=1",
]


def organs(shift, *more):
    array = np.zeros((24, 20, 18), np.uint8)
    array[12 + shift : 20, 6:14, 6:14] = 5
    for place, value in enumerate(more):
        array[2 + 3 * place : 4 + 3 * place, 6:14, 6:14] = value
    return array


@pytest.fixture
def folders(tmp_path):
    for number in range(3):
        nifti.write(tmp_path / "maps" / f"c{number}.nii.gz", organs(number), AFFINE)
    nifti.write(tmp_path / "whole" / "w1.nii.gz", organs(0, 52, 20, 7), AFFINE)
    nifti.write(tmp_path / "whole" / "w2.nii.gz", organs(-4, 52, 63), AFFINE)
    return tmp_path


@pytest.fixture
def tiny(configured, folders):
    def make(*overrides):
        where = [f"cohort.root={folders}/maps", f"data.atlas.roots=[{folders}/whole]", f"paths.outputs={folders}/out"]
        return configured(*TINY, *where, *overrides)

    return make


def volumes(config, root):
    cohort, stage = atlases.applied(config, cohorts.prepare(config, config.cohort, root), root)
    return cohort, scanning.run(config, synthesis.run(config, cohort, stage, root), root)


def lines_of(stage):
    return [json.loads(line) for line in (stage.folder / "manifest.jsonl").read_text("utf-8").splitlines()]


def test_training_volumes_are_made_of_atlases_too_and_replayed(tiny, folders):
    config, root = tiny(), folders / "out/stages"
    cohort, made = volumes(config, root)
    assert all(subject.whole.keys() == {"w1", "w2"} for subject in cohort.train)
    assert not any(subject.whole for subject in cohort.val)
    lines = lines_of(made)
    whole = [line for line in lines if line["recipe"]["atlas"]]
    assert 0 < len(whole) < len(lines)
    assert not any(line["recipe"]["atlas"] for line in lines if line["split"] == "val")
    for line in (whole[0], next(line for line in lines if line not in whole)):
        assert replay.main([str(made.folder), line["name"], "-o", str(folders / "again")]) == 0
    (root / "atlas").rename(root / "gone")
    with pytest.raises(InputError, match=r"the atlases that .* was made with are not there"):
        replay.main([str(made.folder), whole[0]["name"], "-o", str(folders / "again")])


def test_the_key_knows_the_atlases_and_not_where_they_lie(tiny, folders):
    root = folders / "out/stages"
    own = cohorts.prepare(tiny(), tiny().cohort, root)
    key = atlases.applied(tiny(), own, root)[1].key
    (folders / "whole").rename(folders / "moved")
    moved = tiny(f"data.atlas.roots=[{folders}/moved]")
    assert atlases.applied(moved, own, root)[1].key == key != own[1].key
    one = dataclasses.replace(moved.data.atlas, cases=["w1"])
    fewer = dataclasses.replace(moved, data=dataclasses.replace(moved.data, atlas=one))
    assert atlases.applied(fewer, own, root)[1].key != key
    assert atlases.applied(tiny("data.atlas.whole=0"), own, root) == own


def test_an_atlas_without_a_target_is_refused(tiny, folders):
    config, root = tiny("targets=[liver,pancreas]"), folders / "out/stages"
    own = cohorts.prepare(config, config.cohort, root)
    with pytest.raises(InputError, match=r"atlas w.: labels no pancreas.*data\.atlas\.cases"):
        atlases.applied(config, own, root)


def test_an_atlas_is_no_case_to_validate_on(tiny, folders):
    config, root = tiny(f"data.atlas.roots=[{folders}/maps]"), folders / "out/stages"
    with pytest.raises(InputError, match="is an atlas that is trained on"):
        atlases.check(config, cohorts.prepare(config, config.cohort, root)[0], root)


def test_a_folder_that_is_missing_is_named_before_anything_is_made(tiny, folders):
    config, root = tiny(f"data.atlas.roots=[{folders}/nowhere]"), folders / "out/stages"
    with pytest.raises(InputError, match="no such folder"):
        atlases.check(config, None, root)


def test_without_a_folder_procedural_trunks_are_the_atlases(tiny, folders, monkeypatch):
    monkeypatch.setattr(atlases, "EMBEDDED", dataclasses.replace(atlases.EMBEDDED, spacing=12.0))
    config, root = tiny("data.atlas.roots=[]", "data.spacing=20"), folders / "out/stages"
    cohort, _ = atlases.applied(config, cohorts.prepare(config, config.cohort, root), root)
    found = [load() for load in cohort.train[0].whole.values()]
    assert len(found) == 4
    assert all("aorta" in one.names.values() for one in found)


def test_cases_are_completed_by_atlases_and_replayed(tiny, folders):
    config, root = tiny("data.atlas.whole=0", "data.atlas.completed=0.8"), folders / "out/stages"
    cohort, made = volumes(config, root)
    assert all(subject.completed.keys() == {"w1", "w2"} for subject in (*cohort.train, *cohort.val))
    lines = lines_of(made)
    drawn = [line for line in lines if line["recipe"]["atlas"]]
    assert {line["recipe"]["atlas"]["kind"] for line in drawn} == {"completed"}
    assert len(drawn) > len(lines) / 3
    assert {"aorta", "liver"} <= set(drawn[0]["recipe"]["intensity"]["classes"])
    assert replay.main([str(made.folder), drawn[0]["name"], "-o", str(folders / "again")]) == 0
    own = next(subject for subject in (*cohort.train, *cohort.val) if subject.case == drawn[0]["case"])
    given, completed = own.label_map(), own.completed["w1"]()
    assert given.value_of("liver") == completed.value_of("liver") == 5
    assert (completed.array == 5).sum() * 10**3 == pytest.approx((given.array == 5).sum() * 8**3, rel=0.2)


def test_a_pair_is_registered_once_whoever_else_is_there(tiny, folders):
    root, chosen = folders / "out/stages", ("data.atlas.whole=0", "data.atlas.completed=1", "data.atlas.per_case=1")
    first = tiny(*chosen, "data.atlas.cases=[w1]")
    atlases.applied(first, cohorts.prepare(first, first.cohort, root), root)
    before = {path.name for path in (root / "completion").iterdir() if path.is_dir()}
    more = tiny("data.atlas.whole=0", "data.atlas.completed=1")
    atlases.applied(more, cohorts.prepare(more, more.cohort, root), root)
    after = {path.name for path in (root / "completion").iterdir() if path.is_dir()}
    assert (len(before), len(after)) == (3, 6)
    assert before < after


def test_an_atlas_that_does_not_fit_ends_the_job_or_is_said(tiny, folders, caplog):
    nifti.write(folders / "whole" / "w3.nii.gz", np.where(organs(0, 52) == 5, 0, organs(0, 52)), AFFINE)
    root, chosen = folders / "out/stages", ("data.atlas.whole=0", "data.atlas.completed=1", "data.atlas.cases=[w3]")
    config = tiny(*chosen)
    own = cohorts.prepare(config, config.cohort, root)
    with pytest.raises(InputError, match=r"no atlas fits 3 of 3 cases: c.: w3 does not fit \(no organ in common\)"):
        atlases.applied(config, own, root)
    allowed = tiny(*chosen, "data.atlas.geometric=true")
    cohort, _ = atlases.applied(allowed, own, root)
    assert "w3 does not fit (no organ in common): a geometric body" in caplog.text
    assert not any(subject.completed for subject in cohort.train)


def test_another_atlas_takes_the_place_of_one_that_does_not_fit(tiny, folders, caplog):
    nifti.write(folders / "whole" / "w3.nii.gz", np.where(organs(0, 52) == 5, 0, organs(0, 52)), AFFINE)
    chosen = ("data.atlas.whole=0", "data.atlas.completed=1", "data.atlas.cases=[w1,w2,w3]")
    for wanted, found in ((1, 1), (2, 2), (3, 2)):
        config, root = tiny(*chosen, f"data.atlas.per_case={wanted}"), folders / "out/stages"
        cohort, _ = atlases.applied(config, cohorts.prepare(config, config.cohort, root), root)
        assert all(len(subject.completed) == found for subject in (*cohort.train, *cohort.val))
        assert not any("w3" in subject.completed for subject in cohort.train)
    assert "w3 does not fit (no organ in common)" in caplog.text
    assert "geometric" not in caplog.text


def test_every_fold_trains_on_atlases_and_is_chosen_by_none(tiny, folders):
    given = ("evaluation.folds=3", "evaluation.fold=0", "evaluation.validation_share=0.5", "test=synthetic")
    config, root = tiny(*given, "cohort.splits={train: 3, val: 0, test: 0}"), folders / "out/stages"
    own = atlases.applied(config, cohorts.prepare_training(config, root), root)
    lines = lines_of(training_set.run(config, *own, root)[-1])
    drawn = {split: [line["recipe"]["atlas"] for line in lines if line["split"] == split] for split in ("train", "val")}
    assert any(drawn["train"])
    assert drawn["val"]
    assert not any(drawn["val"])


def test_volumes_drawn_while_a_network_trains_are_of_atlases_too(tiny, folders):
    config, root = tiny("data.mode=online", "texture=none"), folders / "out/stages"
    cohort, made = volumes(config, root)
    drawn = SyntheticVolumes(cohort.train, partial(synthesis.sampler, config, made.folder))
    sizes = [drawn.volume(number).hu.shape for number in range(8)]
    own = cohort.train[0].label_map().array.shape
    assert len(set(sizes)) == 1  # cases and atlases of this cohort have one grid
    assert np.prod(sizes[0]) < np.prod(own)
    again = SyntheticVolumes(cohort.train, partial(synthesis.sampler, config, made.folder))
    for number in (7, 3):
        assert np.array_equal(again.volume(number).hu, drawn.volume(number).hu)


def test_a_plan_names_the_stages_and_makes_none_whatever_the_workers(tiny, folders):
    config = tiny("data.atlas.completed=0.4", "parallel.workers=2", "test=[folder]", f"test.folder.root={folders}")
    root = folders / "out/stages"
    own = cohorts.prepare(config, config.cohort, root)
    plan = plans.walk(config, root, lambda: atlases.applied(config, own, root))
    names = [stage.stage for stage in plan.stages]
    assert names.count("atlas") == 2
    assert names.index("atlas") < names.index("completion") < names.index("synthesis")
    assert not list(folders.glob("out/stages/atlas*/*"))
