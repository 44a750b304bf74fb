"""Whole anatomies beside the cases of a cohort: their stage, what is refused, and volumes that are made of them."""

import dataclasses
from functools import partial

import numpy as np
import pytest

from labelct.commands import replay
from labelct.errors import InputError
from labelct.stages import atlases, cohorts, plans, synthesis, training_set
from labelct.streaming import SyntheticVolumes
from tests.stages.whole_anatomies import lines_of, volumes


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
    with pytest.raises(InputError, match=r"the atlas w\d that .* was made with is not there"):
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


def test_an_atlas_without_a_target_completes_cases_alone(tiny, folders, caplog):
    config, root = tiny("targets=[liver,pancreas]", "data.atlas.completed=0.4"), folders / "out/stages"
    with caplog.at_level("INFO"):
        cohort, _ = atlases.applied(config, cohorts.prepare(config, config.cohort, root), root)
    assert all(subject.whole.keys() == {"w1"} for subject in cohort.train)
    assert all(subject.completed.keys() == {"w1", "w2"} for subject in cohort.train)
    assert "w2 labels no pancreas" in caplog.text


def test_a_target_that_no_atlas_labels_is_refused_where_volumes_are_made_of_them(tiny, folders):
    config, root = tiny("targets=[liver,spleen]", "data.atlas.completed=0.4"), folders / "out/stages"
    with pytest.raises(InputError, match=r"atlas w.: labels no spleen"):
        atlases.applied(config, cohorts.prepare(config, config.cohort, root), root)


def test_an_atlas_is_no_case_to_validate_on(tiny, folders):
    config, root = tiny(f"data.atlas.roots=[{folders}/maps]"), folders / "out/stages"
    with pytest.raises(InputError, match="is an atlas that is trained on"):
        atlases.check(config, cohorts.prepare(config, config.cohort, root)[0])


def test_a_folder_that_is_missing_is_named_before_anything_is_made(tiny, folders):
    config = tiny(f"data.atlas.roots=[{folders}/nowhere]")
    with pytest.raises(InputError, match="no such folder"):
        atlases.check(config, None)


def test_without_a_folder_procedural_trunks_are_the_atlases(tiny, folders, monkeypatch):
    monkeypatch.setattr(atlases, "EMBEDDED", dataclasses.replace(atlases.EMBEDDED, spacing=12.0))
    config, root = tiny("data.atlas.roots=[]", "data.spacing=20"), folders / "out/stages"
    cohort, _ = atlases.applied(config, cohorts.prepare(config, config.cohort, root), root)
    found = [load() for load in cohort.train[0].whole.values()]
    assert len(found) == 4
    assert all("aorta" in one.names.values() for one in found)


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
