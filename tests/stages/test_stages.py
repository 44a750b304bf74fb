"""The data stages: same bytes whatever the workers, nothing made twice, nothing lost when a case breaks."""

import dataclasses
import json
from functools import partial

import numpy as np
import pytest

from labelct.dataset import TrainingSet
from labelct.errors import InputError
from labelct.io import nifti
from labelct.stages import cohorts, results, scanning, synthesis, testing
from labelct.store import Stage

SMALL = ["cohort.spacing=10", "data.replicates=2", "data.replicates_val=1"]
SMALL += ["limit.train=2", "limit.val=1", "limit.test=1", "texture.clips=4", "parallel.workers=1", "scanner=image"]


def build_all(config, root):
    cohort, stage = cohorts.prepare(config, config.cohort, root)
    clean = synthesis.run(config, cohort, stage, root)
    return cohort, stage, clean, scanning.run(config, clean, root)


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def made(configured, tmp_path_factory):
    root = tmp_path_factory.mktemp("stages")
    return root, build_all(configured(*SMALL), root)


def test_same_bytes_for_any_number_of_workers(configured, made, tmp_path):
    *_, other = build_all(configured(*SMALL, "parallel.workers=2"), tmp_path)
    assert contents(other.folder) == contents(made[1][3].folder)


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


def test_another_dose_shares_the_clean_volumes(configured, made):
    root, (_, _, clean, training_set) = made
    _, _, same_clean, other_set = build_all(configured(*SMALL, "dose=full"), root)
    assert same_clean.key == clean.key
    assert other_set.key != training_set.key


def test_training_set_is_nnunet_raw_with_a_complete_manifest(made):
    _, (cohort, _, _, stage) = made
    training_set = TrainingSet(stage.folder)
    lines = [json.loads(line) for line in (stage.folder / "manifest.jsonl").read_text().splitlines()]
    assert len(lines) == len(training_set.train) + len(training_set.val) == 2 * len(cohort.train) + len(cohort.val)
    assert training_set.labels == {"liver": 1}
    for case in (*training_set.train, *training_set.val):
        image, label = nifti.read_volume(case.image), nifti.read_label_map(case.label)
        assert image.array.shape == label.array.shape
        line = next(line for line in lines if line["name"] == case.name)
        assert bool(label.array.any()) == ("liver" not in line["recipe"]["drop"]["dropped"])


def test_a_broken_case_keeps_the_finished_ones(configured, made, tmp_path, monkeypatch):
    config = configured(*SMALL)
    cohort, stage = cohorts.prepare(config, config.cohort, tmp_path)
    write, last = synthesis.write, f"{cohort.val[-1].case}_r0"

    def breaks(folder, name, *volume):
        if name == last:
            raise InputError(last, "is broken", "mend it")
        write(folder, name, *volume)

    monkeypatch.setattr(synthesis, "write", breaks)
    with pytest.raises(InputError, match="is broken"):
        synthesis.run(config, cohort, stage, tmp_path)
    finished = sorted(path.name for path in tmp_path.glob("synthesis/*.partial/records/*.json"))
    assert len(finished) == 2 * len(cohort.train)
    monkeypatch.undo()
    painted = []
    monkeypatch.setattr(
        synthesis, "write", lambda folder, name, *volume: painted.append(name) or write(folder, name, *volume)
    )
    clean = synthesis.run(config, cohort, stage, tmp_path)
    assert painted == [last]
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


def test_a_broken_test_ct_is_found_before_anything_is_made(configured, made, tmp_path):
    _, (cohort, *_) = made
    broken = tmp_path / "ct.nii.gz"
    broken.write_bytes(cohort.test[0].files[-1].read_bytes()[:1000])
    subject = dataclasses.replace(cohort.test[0], load_ct=partial(nifti.read_volume, broken))
    with pytest.raises(InputError, match="truncated"):
        testing.check(configured(*SMALL), "own", (subject,), Stage("cohort", "0" * 12, tmp_path), tmp_path / "stages")


def test_test_cases_may_not_be_cases_of_the_training(configured, made):
    root, (cohort, stage, *_) = made
    config = configured(*SMALL, "test=folder", f"test.folder.root={stage.folder}", "test.folder.split=all")
    with pytest.raises(InputError, match="is a case of the training"):
        cohorts.prepare_test(config, config.test["folder"], (cohort, stage), root)


def test_summary_counts_what_is_absent_and_leaves_it_out():
    row = {"test": "own", "label": "liver", "absent": "", "surface_dice": 1.0, "hd95": 1.0, "volume_error": 0.0}
    rows = [row | {"dice": 0.8}, row | {"dice": 0.6}, row | {"dice": float("nan"), "absent": "both"}]
    summary = results.summarise(rows)["own/liver"]
    assert (summary["n"], summary["absent"]) == (3, 1)
    assert summary["dice"] == pytest.approx(0.7)
    assert summary["dice_sd"] == pytest.approx(np.sqrt(0.02))


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


def test_a_dice_that_is_nowhere_defined_is_no_zero():
    assert results.mean_dice([{"dice": float("nan")}]) is None
    assert results.mean_dice([{"dice": 0.5}, {"dice": float("nan")}]) == 0.5
