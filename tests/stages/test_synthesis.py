"""The clean volumes: nothing made twice, nothing lost when a case breaks, every recipe from any label map."""

import dataclasses
import json
import shutil

import pytest

from labelct.dataset import TrainingSet
from labelct.errors import InputError
from labelct.io import nifti
from labelct.stages import cohorts, synthesis
from tests.io.videos import write_video
from tests.stages.chain import SMALL, build_all, contents


def test_a_second_run_makes_nothing_again(configured, made):
    root, (_, *stages) = made
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*.nii.gz")}
    _, *again = build_all(configured(*SMALL), root)
    assert [stage.key for stage in again] == [stage.key for stage in stages]
    assert not any(stage.fresh for stage in again)
    assert before == {path: path.stat().st_mtime_ns for path in root.rglob("*.nii.gz")}


@pytest.mark.parametrize("override", ["trainer.learning_rate=0.1", "seed=3", "device=gpu", "logger=none", "tags=[a]"])
def test_settings_that_the_data_do_not_read_leave_their_keys(configured, made, override):
    root, (_, _, clean, training_set) = made
    _, _, same_clean, same_set = build_all(configured(*SMALL, override), root)
    assert (same_clean.key, same_set.key) == (clean.key, training_set.key)


def test_a_broken_case_keeps_the_finished_ones(configured, made, tmp_path, monkeypatch):
    config = configured(*SMALL)
    cohort, stage = cohorts.prepare(config, config.cohort, tmp_path)
    synthesise, last = synthesis.synthesise, cohort.val[-1].case

    def breaks(work):
        if work.subject.case == last:
            raise InputError(last, "is broken", "mend it")
        return synthesise(work)

    monkeypatch.setattr(synthesis, "synthesise", breaks)
    with pytest.raises(InputError, match="is broken"):
        synthesis.run(config, cohort, stage, tmp_path)
    records = sorted(tmp_path.glob("synthesis/*.partial/records/*.json"))
    assert len(records) == 2 * len(cohort.train)
    monkeypatch.undo()
    written = {path: path.stat().st_mtime_ns for path in tmp_path.glob("synthesis/*.partial/volumes/*")}
    clean = synthesis.run(config, cohort, stage, tmp_path)
    kept = {path.name: path.stat().st_mtime_ns for path in (clean.folder / "volumes").iterdir()}
    assert {path.name: kept[path.name] for path in written} == {path.name: at for path, at in written.items()}
    reference = made[1][2].folder
    assert contents(clean.folder) == contents(reference)


def test_targets_may_merge_structures(configured, tmp_path):
    config = configured(
        *SMALL, "targets=[{kidneys:[kidney_left,kidney_right]},liver]", "drop=none", "data.replicates=1"
    )
    *_, stage = build_all(config, tmp_path)
    assert TrainingSet(stage.folder).labels == {"kidneys": 1, "liver": 2}


def test_no_training_subject_is_an_error_of_one_line(configured, made):
    root, (cohort, stage, *_) = made
    with pytest.raises(InputError, match="no training subject"):
        synthesis.run(configured(*SMALL), dataclasses.replace(cohort, train=()), stage, root)


@pytest.mark.parametrize("kind", ["synth1", "synth2", "synth3", "synthseg"])
def test_label_maps_of_other_names_without_any_ct_make_every_recipe(configured, made, tmp_path, kind):
    names = json.loads((made[1][1].folder / "names.json").read_text())
    foreign = {value: {"liver": "Leber", "spleen": "Milz"}.get(name, name) for value, name in names.items()}
    (tmp_path / "mr_names.json").write_text(json.dumps(foreign))
    overrides = ["cohort=folder", f"cohort.root={made[1][1].folder}", "cohort.ct=null", "cohort.merge={Milz: spleen}"]
    overrides += [f"cohort.names={tmp_path / 'mr_names.json'}", f"data={kind}", "data.spacing=12", "drop=none"]
    if kind != "synthseg":
        overrides[3] = "cohort.merge={Milz: spleen, Leber: liver}"
    target = "Leber" if kind == "synthseg" else "liver"
    config = configured(*SMALL[1:], *overrides, f"targets=[{{liver: [{target}]}}]", "data.replicates=1")
    *_, stage = build_all(config, tmp_path)
    case = TrainingSet(stage.folder).train[0]
    assert nifti.read_label_map(case.label).array.any()
    assert nifti.read_volume(case.image).array.std() > 50


@pytest.fixture
def store(made, tmp_path):
    """Return a copy of the made stages that may be harmed."""
    shutil.copytree(made[0], tmp_path / "stages")
    return tmp_path / "stages"


@pytest.mark.parametrize(
    "lost",
    ["synthesis/records/train_000_r0.json", "synthesis/volumes/val_000_r0.nii.gz", "cohort/ct/train_001.nii.gz",
     "cohort/splits.json", "dataset/imagesTr/train_001_r1_0000.nii.gz", "dataset/manifest.jsonl"],
)  # fmt: skip
def test_a_lost_file_is_made_again_bit_for_bit(configured, made, store, lost):
    before = contents(store)
    name, _, file = lost.partition("/")
    (key,) = (stage.key for stage in made[1][1:] if stage.name == name)
    (store / name / key / file).unlink()
    build_all(configured(*SMALL), store)
    assert contents(store) == before


def test_records_are_those_of_the_recipe(configured, made, store):
    folder = store / "synthesis" / made[1][2].key
    names = synthesis.names_of(folder)
    assert sorted(names) == ["train_000_r0", "train_000_r1", "train_001_r0", "train_001_r1", "val_000_r0"]
    shutil.copyfile(folder / "records" / "val_000_r0.json", folder / "records" / "val_000_r9.json")
    assert len(synthesis.records(folder, names)) == len(names)
    (folder / "records" / "train_001_r0.json").unlink()
    with pytest.raises(InputError, match=r"train_001_r0\.json: no such file; delete the folder of the stage"):
        synthesis.records(folder, names)


def test_volumes_cut_from_videos_do_not_depend_on_workers_or_on_what_was_decoded_before(configured, made, tmp_path):
    videos = tmp_path / "videos"
    videos.mkdir()
    for number in range(4):
        write_video(videos / f"{number}.mp4", 40, "mpeg4", start=6 * number, g="9")
    arm = [*SMALL, "texture=video", f"texture.root={videos}", "texture.size=80"]
    ways = {
        "alone": ["parallel.workers=1"],
        "threads": ["parallel.workers=3", "parallel.backend=threading"],
        "forgetful": ["parallel.workers=1", "texture.cache_mb=0"],
    }
    found, (_, (cohort, stage, *_)) = [], made
    for way, given in ways.items():
        clean = synthesis.run(configured(*arm, *given), cohort, stage, tmp_path / way)
        found.append(contents(clean.folder / "volumes") | contents(clean.folder / "records"))
    assert len(found[0]) == 10
    assert all(each == found[0] for each in found[1:])
    records = [json.loads(content) for name, content in found[0].items() if name.endswith(".json")]
    drawn = [clip for record in records for clip in record["recipe"]["texture"]["clips"].values()]
    assert {clip["clip"] for clip in drawn} == {0, 1, 2, 3}
