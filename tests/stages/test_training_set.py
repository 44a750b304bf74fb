"""Folds share the volumes of a case, and a fold's training set is the one that its cases alone would make."""

import dataclasses
import json

import numpy as np
import pytest

from labelct.dataset import TrainingSet
from labelct.errors import InputError
from labelct.stages import cohorts, preflight, testing, training_set
from tests.stages.chain import SMALL, contents

pytestmark = pytest.mark.ci

FOLDS = [
    *(text for text in SMALL if "limit" not in text),
    "cohort.train=4",
    "cohort.val=0",
    "cohort.test=0",
    "evaluation.folds=2",
]
FOLDS += ["data.replicates=1", "drop=half", "data.priors=builtin", "test=[own,synthetic]", "texture.frames=24"]
FOLDS += ["targets=[liver,{kidneys:[kidney_left,kidney_right]}]"]


def fold(configured, root, number, *given):
    config = configured(*FOLDS, f"evaluation.fold={number}", *given)
    cohort, stage = cohorts.prepare_training(config, root)
    return config, cohort, stage, training_set.run(config, cohort, stage, root)


@pytest.fixture(scope="module")
def folds(configured, tmp_path_factory):
    root = tmp_path_factory.mktemp("folds")
    return root, [fold(configured, root, number) for number in range(2)]


def names(subjects):
    return sorted(f"{subject.case}_r0" for subject in subjects)


def test_a_training_set_holds_the_cases_of_its_fold(folds):
    _, made = folds
    for _, cohort, _, (*_, stage) in made:
        held = TrainingSet(stage.folder)
        assert [case.name for case in held.train] == names(cohort.train)
        assert [case.name for case in held.val] == names(cohort.val)
        lines = [json.loads(line) for line in (stage.folder / "manifest.jsonl").read_text("utf-8").splitlines()]
        assert {line["name"]: line["split"] for line in lines} == {
            **dict.fromkeys(names(cohort.train), "train"),
            **dict.fromkeys(names(cohort.val), "val"),
        }
        assert not set(names(cohort.held_out)) & {line["name"] for line in lines}
        assert {"config.json", "priors_check.json"} <= set(contents(stage.folder))


def test_folds_make_no_volume_twice(folds):
    root, made = folds
    (*clean, first), (*same, second) = (stages for *_, stages in made)
    assert [stage.key for stage in clean] == [stage.key for stage in same]
    assert not any(stage.fresh for stage in same)
    assert first.key != second.key
    assert {path for path in root.glob("synthesis/*") if path.is_dir()} == {stage.folder for stage in clean}


def test_volumes_are_those_that_the_cases_alone_would_make(folds, configured, tmp_path):
    _, ((_, cohort, stage, (*_, fold_set)), _) = folds
    alone = configured(*(text for text in FOLDS if "folds" not in text))
    single = dataclasses.replace(cohort, folds=())
    reference = training_set.run(alone, single, stage, tmp_path)[-1]
    for kind in ("imagesTr", "labelsTr"):
        assert contents(fold_set.folder / kind) == contents(reference.folder / kind)
    assert (fold_set.folder / "manifest.jsonl").read_bytes() == (reference.folder / "manifest.jsonl").read_bytes()
    assert (fold_set.folder / "dataset.json").read_bytes() == (reference.folder / "dataset.json").read_bytes()


def test_without_a_drop_validation_takes_the_volumes_of_the_training(folds, configured):
    root, ((*_, (*apart, _)), _) = folds
    *_, (*clean, _) = fold(configured, root, 0, "drop=none")
    assert (len(clean), len(apart)) == (1, 2)


def test_held_out_cases_are_scored_on_volumes_of_their_own_seed(folds):
    root, made = folds
    (config, cohort, stage, _), other = made
    subjects, volumes = training_set.held_out(config, config.test["synthetic"].seed, (cohort, stage), root)
    again, same = training_set.held_out(other[0], other[0].test["synthetic"].seed, (other[1], other[2]), root)
    assert volumes.key == same.key, "one stage holds the volumes of every fold"
    assert [subject.case for subject in subjects] == [subject.case for subject in cohort.held_out]
    assert {subject.case for subject in (*subjects, *again)} == {f"train_{number:03d}" for number in range(4)}
    trained = TrainingSet(made[1][3][-1].folder)
    shared = next(subject for subject in subjects if f"{subject.case}_r0" in {case.name for case in trained.train})
    image = next(case.image for case in trained.train if case.name == f"{shared.case}_r0")
    assert image.read_bytes() != shared.files[1].read_bytes(), "another seed draws another volume"


def test_merged_targets_and_all_labels_are_in_the_truth_of_synthetic_volumes(folds):
    root, ((config, cohort, stage, _), _) = folds
    subjects, _ = training_set.held_out(config, config.test["synthetic"].seed, (cohort, stage), root)
    for subject in subjects:
        truth, label_map = testing._truth(config, subject)
        np.testing.assert_array_equal(truth, label_map.array)
        own = next(one for one in cohort.held_out if one.case == subject.case).load_label_map()
        present = config.targets.merge(own.array, own.names)
        assert set(np.unique(truth)) == set(np.unique(present)), "no label is dropped"
        assert testing.image_of(config, subject).array.shape == truth.shape


def test_without_held_out_cases_there_is_nothing_to_make(configured, tmp_path):
    config = configured(*FOLDS[:-2], "test=[synthetic]", "evaluation.folds=null", f"paths.outputs={tmp_path}")
    with pytest.raises(InputError, match="there is no case to score on"):
        preflight.check(config)


def test_what_is_measured_on_a_ct_is_measured_on_the_training_cases_of_the_fold_alone(configured, folds):
    root, _ = folds
    keys = {}
    for number in range(2):
        config, cohort, stage, (clean, _) = fold(configured, root, number, "data.priors=train")
        arm, volumes = training_set.held_out(config, config.test["synthetic"].seed, (cohort, stage), root)
        trained = json.loads((clean.folder / "recipe.json").read_text(encoding="utf-8"))
        assert sorted(trained["settings"]["cases"]["train"]) == sorted(s.case for s in cohort.train)
        table = (clean.folder / "priors.csv").read_bytes()
        assert (volumes.folder / "priors.csv").read_bytes() == table, "no held-out CT is measured"
        assert [subject.case for subject in arm] == [subject.case for subject in cohort.held_out]
        keys[number] = table
    assert keys[0] != keys[1]
