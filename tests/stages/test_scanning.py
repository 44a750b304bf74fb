"""The scanned training set: same bytes whatever the workers, complete, and apart from the clean volumes."""

import json

from labelct.dataset import TrainingSet
from labelct.io import nifti
from tests.stages.chain import SMALL, build_all, contents


def test_same_bytes_for_any_number_of_workers(configured, made, tmp_path):
    *_, other = build_all(configured(*SMALL, "parallel.workers=2"), tmp_path)
    assert contents(other.folder) == contents(made[1][3].folder)


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
