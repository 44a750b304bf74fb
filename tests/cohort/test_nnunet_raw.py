from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from labelct.cohort.open import open_cohort
from labelct.cohort.settings import NnunetRawSettings
from labelct.errors import InputError
from labelct.io import nifti

LABELS = np.random.default_rng(0).integers(0, 3, (5, 4, 3)).astype(np.uint8)
NAMED = {"background": 0, "liver": 1, "liver_tumor": 2}
INDEX = {"channel_names": {"0": "CT"}, "labels": NAMED, "file_ending": ".nii.gz"}


@pytest.fixture
def root(tmp_path) -> Path:
    for part, cases in {"Tr": ("a", "b", "c", "d"), "Ts": ("e",)}.items():
        for case in cases:
            nifti.write(tmp_path / f"labels{part}" / f"{case}.nii.gz", LABELS, np.eye(4))
            nifti.write(tmp_path / f"images{part}" / f"{case}_0000.nii.gz", LABELS * 600.0 - 1000, np.eye(4))
    _index(tmp_path)
    return tmp_path


def _index(root: Path, **changes: object) -> None:
    (root / "dataset.json").write_text(json.dumps({**INDEX, **changes}))


def _open(root: Path, **options):
    return open_cohort(NnunetRawSettings(root=str(root), **options))


def test_training_and_test_folders_are_the_split(root):
    cohort = _open(root)
    assert sorted(s.case for s in (*cohort.train, *cohort.val)) == ["a", "b", "c", "d"]
    assert [s.case for s in cohort.test] == ["e"]
    assert len(cohort.val) == 1
    fewer = _open(root, splits={"train": 1, "val": 2})
    assert (len(fewer.train), len(fewer.val), [s.case for s in fewer.test]) == (1, 2, ["e"])
    assert cohort.names() == ("liver", "liver_tumor")
    np.testing.assert_array_equal(cohort.test[0].load_ct().array, cohort.test[0].load_label_map().array * 600.0 - 1000)


def test_a_split_file_says_which_cases_validate(root):
    (root / "splits_final.json").write_text(json.dumps([{"train": ["a", "b"], "val": ["c", "d"]}]))
    cohort = _open(root)
    assert [s.case for s in cohort.train] == ["a", "b"]
    assert [s.case for s in cohort.val] == ["c", "d"]
    assert [s.case for s in cohort.test] == ["e"]


def test_without_test_labels_the_training_cases_are_shared(root):
    (root / "labelsTs" / "e.nii.gz").unlink()
    cohort = _open(root, splits={"train": 2, "val": 1, "test": 1})
    assert [len(split) for split in (cohort.train, cohort.val, cohort.test)] == [2, 1, 1]


def test_tables_of_value_to_name_and_plain_image_names_are_read_as_well(root):
    _index(root, labels={"0": "background", "1": "liver", "2": "cancer"}, modality={"0": "CT"})
    for image in (root / "imagesTr").iterdir():
        image.rename(image.with_name(image.name.replace("_0000", "")))
    cohort = _open(root, merge={"cancer": "liver"})
    assert cohort.names() == ("liver",)
    assert cohort.train[0].load_ct is not None
    np.testing.assert_array_equal(cohort.train[0].load_label_map().array, LABELS > 0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": {"background": 0, "whole": [1, 2]}}, r"regions of several values \(whole\)"),
        ({"channel_names": {"0": "CT", "1": "PET"}}, "2 channels"),
        ({"channel_names": ["CT"]}, r"its channels are \['CT'\], no table"),
        ({"channel_names": "CT"}, "its channels are CT, no table"),
        ({"file_ending": ".nrrd"}, r"file_ending is \.nrrd"),
        ({"labels": []}, "no table of labels"),
    ],
)
def test_what_cannot_be_used_is_named(root, changes, message):
    _index(root, **changes)
    with pytest.raises(InputError, match=rf"dataset\.json: .*{message}"):
        _open(root)


def test_images_of_another_modality_are_left_alone(root, caplog):
    _index(root, channel_names={"0": "MRI"})
    cohort = _open(root)
    assert all(subject.load_ct is None for subject in (*cohort.train, *cohort.val))
    assert cohort.test == ()
    assert "its channel is MRI, no CT" in caplog.text


def test_a_missing_index_or_empty_folder_is_named(tmp_path):
    with pytest.raises(InputError, match=r"dataset\.json: no such file; point root"):
        _open(tmp_path)
    _index(tmp_path)
    with pytest.raises(InputError, match="no label file in labelsTr"):
        _open(tmp_path)


def test_the_label_ignore_is_no_structure_and_no_background(root):
    _index(root, labels={"background": 0, "liver": 1, "ignore": 2})
    cohort = _open(root, merge={"liver": "organ"})
    assert cohort.names() == ("organ",)
    label_map = cohort.test[0].load_label_map()
    np.testing.assert_array_equal(label_map.array, np.where(LABELS == 2, 0, LABELS))
    np.testing.assert_array_equal(label_map.ignored, LABELS == 2)
    assert label_map.names == {1: "organ"}


def test_the_label_ignore_may_have_any_value_and_swallow_others(root):
    _index(root, labels={"background": 0, "ignore": 1, "liver": 2})
    label_map = _open(root).train[0].load_label_map()
    assert label_map.names == {2: "liver"}
    np.testing.assert_array_equal(label_map.ignored, LABELS == 1)
    _index(root)
    cohort = _open(root, merge={"liver_tumor": "ignore"})
    assert cohort.names() == ("liver",)
    np.testing.assert_array_equal(cohort.train[0].load_label_map().ignored, LABELS == 2)


def test_two_labels_of_one_value_are_named(root):
    """The later one would take the place of the first in silence."""
    _index(root, labels={"background": 0, "liver": 1, "spleen": 1})
    with pytest.raises(InputError, match=r"dataset\.json: its labels 'liver' and 'spleen' share a value"):
        _open(root)
