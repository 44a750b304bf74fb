"""A setting re-makes the stages that read it, and no other."""

import shutil

import pytest

from labelct.cohort.base import Cohort, Subject
from labelct.stages import scanning, synthesis, training
from labelct.store import Stage, key_of
from labelct.tracking import Tracker
from tests.io.videos import write_video

COHORT = Stage("cohort", "c" * 12, None)
SUBJECTS = Cohort("some", (Subject("a", None, None, ()),), (Subject("v", None, None, ()),), ())


@pytest.fixture
def keys(configured, monkeypatch, tmp_path):
    """Return a function of overrides: the keys of synthesis, training set and training, none of which is made."""
    for stage in (synthesis, scanning, training):
        monkeypatch.setattr(stage, "build", lambda root, recipe, make: Stage(recipe["stage"], key_of(recipe), tmp_path))

    def of(*overrides):
        config = configured("scanner=image", "data.replicates=1", *overrides)
        clean = synthesis.run(config, SUBJECTS, COHORT, tmp_path)
        scanned = scanning.run(config, clean, tmp_path)
        *_, model = training.run(config, SUBJECTS, COHORT, scanned, tmp_path, Tracker())
        return {"synthesis": clean.key, "dataset": scanned.key, "training": model.key}

    return of


def changed(keys, before, after):
    one, other = keys(*before), keys(*after)
    return [name for name in one if one[name] != other[name]]


NOWHERE, EVERYWHERE = [], ["synthesis", "dataset", "training"]


@pytest.mark.parametrize(
    ("kind", "override", "stages"),
    [
        ("synth3", "data.replicates=2", EVERYWHERE),
        ("synth3", "data.replicates_val=3", EVERYWHERE),
        ("synth3", "data.patches=4", NOWHERE),
        ("synth3", "data.rescan=true", NOWHERE),
        ("synth3", "data.cylinder.envelope_probability=0.5", NOWHERE),
        ("synthseg", "data.cylinder.radius=[0.1,0.2]", NOWHERE),
        ("synth1", "data.cylinder.envelope_probability=0.5", EVERYWHERE),
        ("synth2", "texture.strength=0.5", NOWHERE),
        ("synth2", "texture=noise", NOWHERE),
        ("synth1", "texture.strength=0.5", EVERYWHERE),
        ("synth3", "texture.strength=0.5", EVERYWHERE),
        ("synth3", "texture.cache_mb=64", NOWHERE),
        ("synth3", "texture.clips=3", EVERYWHERE),
        ("synth3", "data.blur.psf_mm=2", EVERYWHERE),
        ("clinical", "data.background_sd=3", NOWHERE),
        ("clinical", "fill=uniform", NOWHERE),
        ("clinical", "data.spacing=9", EVERYWHERE),
        ("synth3", "dose=full", ["dataset", "training"]),
        ("synth3", "scanner.rows=16", NOWHERE),
        ("synth3", "trainer.learning_rate=0.1", ["training"]),
        ("synth3", "trainer.cascade.steps=3", NOWHERE),
        ("synth3", "trainer.cascade.targets=[liver]", ["training"]),
    ],
)
def test_a_setting_re_makes_what_reads_it(keys, kind, override, stages):
    assert changed(keys, [f"data={kind}"], [f"data={kind}", override]) == stages


@pytest.mark.parametrize("kind", ["clinical", "synth3"])
def test_how_label_maps_come_onto_their_grid_counts(keys, kind):
    before = [f"data={kind}", "data.spacing=9"]
    assert changed(keys, before, [*before, "data.interpolation=shape"]) == EVERYWHERE


@pytest.mark.ci
def test_videos_count_by_name_and_size_and_have_no_number_of_clips(keys, tmp_path):
    write_video(tmp_path / "clip.mkv", 4)

    def given(name, *clips):
        (tmp_path / name).mkdir()
        for clip in clips:
            shutil.copy(tmp_path / "clip.mkv", tmp_path / name / clip)
        return ["texture=video", f"texture.root={tmp_path / name}"]

    here, moved, larger = given("here", "a.mkv"), given("moved", "a.mkv"), given("larger", "a.mkv", "b.mkv")
    assert changed(keys, here, moved) == NOWHERE
    assert changed(keys, here, larger) == EVERYWHERE
    assert changed(keys, here, [*here, "texture.frames=9", "texture.clips=2", "texture.cache_mb=1"]) == NOWHERE
    assert changed(keys, here, [*here, "texture.size=64"]) == EVERYWHERE


FULL = ["scanner=compact", "scanner.cache=false"]
NOISE_ONLY = [*FULL, "scanner.mode=noise_only"]


@pytest.mark.parametrize(
    ("before", "after", "stages"),
    [
        (["scanner=none"], ["scanner=none", "dose=full"], NOWHERE),
        (FULL, [*FULL, "scanner.noise_only.voxel=4"], NOWHERE),
        (FULL, [*FULL, "scanner.rays_per_cell=2"], ["dataset", "training"]),
        (NOISE_ONLY, [*NOISE_ONLY, "scanner.rays_per_cell=2"], NOWHERE),
        (NOISE_ONLY, [*NOISE_ONLY, "scanner.noise_only.voxel=4"], ["dataset", "training"]),
        (FULL, [*FULL, "scanner.memory=4"], NOWHERE),
        (FULL, [*FULL, "scanner.recon.field_of_view=300"], ["dataset", "training"]),
    ],
)
def test_a_scan_is_made_again_where_it_reads_the_setting(keys, before, after, stages):
    assert changed(keys, before, after) == stages


def test_projections_are_shared_by_doses_and_kernels_and_not_by_fields_of_view(configured, monkeypatch, tmp_path):
    made = []
    monkeypatch.setattr(
        scanning,
        "build",
        lambda root, recipe, make: made.append(recipe) or Stage(recipe["stage"], key_of(recipe), root),
    )

    def key(*overrides):
        config = configured("scanner=compact", *overrides)
        scanning.run(config, Stage("synthesis", "s" * 12, tmp_path), tmp_path)
        return next(key_of(recipe) for recipe in reversed(made) if recipe["stage"] == "projections")

    assert key() == key("dose=full") == key("scanner.recon.kernel=hann") == key("scanner.noise_only.voxel=4")
    assert key() != key("scanner.recon.field_of_view=300")


@pytest.mark.parametrize(
    ("before", "after", "stages"),
    [
        ([], ["data.mode=online"], ["training"]),
        (["data.replicates=4"], ["data.replicates=4", "data.mode=online"], EVERYWHERE),
        (["data.mode=online"], ["data.mode=online", "data.replicates=4"], NOWHERE),
        (["data.mode=online"], ["data.mode=online", "data.patches=3"], ["training"]),
    ],
)
def test_volumes_drawn_during_training_change_what_is_stored_by_their_number_alone(keys, before, after, stages):
    assert changed(keys, before, after) == stages
