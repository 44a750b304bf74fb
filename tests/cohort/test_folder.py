from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from labelct.cohort.open import open_cohort
from labelct.cohort.settings import DicomSettings, FolderSettings
from labelct.errors import InputError, SettingError
from labelct.io import nifti
from tests.io.test_dicom import _series

AFFINE = np.diag([2.0, 2.0, 3.0, 1.0])
LABELS = np.random.default_rng(0).integers(0, 3, (5, 6, 4)).astype(np.uint8)
HU = np.random.default_rng(1).integers(-1000, 1000, (5, 6, 4)).astype(np.float32)
NAMES = {1: "liver", 2: "liver_tumor"}


@pytest.fixture
def root(tmp_path) -> Path:
    for case in ("a", "b", "c"):
        nifti.write(tmp_path / "labels" / f"{case}.nii.gz", LABELS, AFFINE)
    nifti.write(tmp_path / "ct" / "b.nii.gz", HU, AFFINE)
    (tmp_path / "names.json").write_text(json.dumps({str(value): name for value, name in NAMES.items()}))
    return tmp_path


def _all(cohort):
    return {subject.case: subject for subject in (*cohort.train, *cohort.val, *cohort.test)}


def test_label_maps_names_and_ct_are_found(root):
    subjects = _all(cohort := open_cohort(FolderSettings(root=str(root))))
    assert sorted(subjects) == ["a", "b", "c"]
    assert cohort.names() == ("liver", "liver_tumor")
    label_map = subjects["a"].load_label_map()
    np.testing.assert_array_equal(label_map.array, LABELS)
    assert label_map.names == NAMES
    assert subjects["a"].load_ct is None
    np.testing.assert_array_equal(subjects["b"].load_ct().array, HU)


def test_the_own_split_is_followed(root):
    (root / "splits.json").write_text(json.dumps({"train": ["c"], "val": ["a"], "test": ["b"]}))
    cohort = open_cohort(FolderSettings(root=str(root)))
    assert [s.case for s in (*cohort.train, *cohort.val, *cohort.test)] == ["c", "a", "b"]
    assert [s.case for s in cohort.scored()] == ["b"]


def test_without_a_split_all_cases_with_a_ct_are_scored(root):
    cohort = open_cohort(FolderSettings(root=str(root)))
    assert [s.case for s in cohort.scored("test")] == ["b"]
    with pytest.raises(InputError, match="no subject with a CT"):
        open_cohort(FolderSettings(root=str(root), cases=["a", "c"])).scored()


def test_merged_structures_share_a_value(root):
    subject = _all(cohort := open_cohort(FolderSettings(root=str(root), merge={"liver_tumor": "liver"})))["a"]
    assert cohort.names() == ("liver",)
    np.testing.assert_array_equal(subject.load_label_map().array, LABELS > 0)
    assert subject.load_label_map().names == {1: "liver"}


def test_every_star_of_a_pattern_is_the_case(root):
    nifti.write(root / "a" / "a_seg.nii.gz", LABELS, AFFINE)
    nifti.write(root / "a" / "b_seg.nii.gz", LABELS, AFFINE)
    assert list(_all(open_cohort(FolderSettings(root=str(root), labels="*/*_seg.nii.gz")))) == ["a"]


def test_a_pattern_cuts_the_case_out_of_the_file_name(root):
    nifti.write(root / "flat" / "label0007.nii.gz", LABELS, AFFINE)
    nifti.write(root / "flat" / "img0007.nii.gz", HU, AFFINE)
    settings = FolderSettings(root=str(root / "flat"), labels="label*.nii.gz", ct="img*.nii.gz", names=NAMES)
    subject = _all(open_cohort(settings))["0007"]
    np.testing.assert_array_equal(subject.load_ct().array, HU)


def test_subjects_can_be_sent_to_another_process(root):
    subject = pickle.loads(pickle.dumps(_all(open_cohort(FolderSettings(root=str(root))))["b"]))
    np.testing.assert_array_equal(subject.load_ct().array, HU)
    np.testing.assert_array_equal(subject.load_label_map().array, LABELS)


def test_the_fingerprint_tells_files_and_names_but_not_where_they_lie(root, tmp_path_factory):
    settings = FolderSettings(root=str(root))
    fingerprint = open_cohort(settings).fingerprint()
    assert str(root) not in json.dumps(fingerprint)
    assert [row[1:] for row in fingerprint if row[2] == "ct/b.nii.gz"] == [
        ["b", "ct/b.nii.gz", (root / "ct/b.nii.gz").stat().st_size]
    ]
    moved = root.rename(tmp_path_factory.mktemp("moved") / "cohort")
    assert open_cohort(FolderSettings(root=str(moved))).fingerprint() == fingerprint
    renamed = open_cohort(FolderSettings(root=str(moved), names={1: "liver_tumor", 2: "liver"}))
    assert renamed.fingerprint() != fingerprint


def test_a_ct_of_another_shape_names_both_files(root):
    nifti.write(root / "ct" / "b.nii.gz", HU[:4], AFFINE)
    with pytest.raises(InputError, match=r"ct/b\.nii\.gz: its shape is \(4, 6, 4\), but \(5, 6, 4\) in .*labels/b"):
        _all(open_cohort(FolderSettings(root=str(root))))["b"].load_ct()


def test_a_ct_that_lies_elsewhere_is_an_error_and_rounding_is_not(root):
    shifted = AFFINE.copy()
    shifted[0, 3] = 0.2
    nifti.write(root / "ct" / "b.nii.gz", HU, shifted)
    with pytest.raises(InputError, match=r"ct/b\.nii\.gz: its grid .* lies 0\.2 mm off .*labels/b"):
        _all(open_cohort(FolderSettings(root=str(root))))["b"].load_ct()
    shifted[0, 3] = 1e-4
    nifti.write(root / "ct" / "b.nii.gz", HU, shifted)
    _all(open_cohort(FolderSettings(root=str(root))))["b"].load_ct()


def test_values_without_a_name_are_listed(root):
    subject = _all(open_cohort(FolderSettings(root=str(root), names={1: "liver"})))["a"]
    with pytest.raises(InputError, match="without a name: 2; add them"):
        subject.load_label_map()


def test_what_is_missing_is_named(root, caplog):
    with pytest.raises(InputError, match="no such folder; set root"):
        open_cohort(FolderSettings(root=str(root / "absent")))
    with pytest.raises(InputError, match="no label file fits labels=seg"):
        open_cohort(FolderSettings(root=str(root), labels="seg/*.nii.gz"))
    with pytest.raises(InputError, match="holds none of the cases z"):
        open_cohort(FolderSettings(root=str(root), cases=["z"]))
    assert sorted(_all(open_cohort(FolderSettings(root=str(root), cases=["z", "a"])))) == ["a"]
    assert "holds no case z" in caplog.text


def test_a_pattern_needs_a_star():
    with pytest.raises(SettingError, match=r"ct='ct\.nii\.gz': allowed is a path with \*"):
        FolderSettings(root=".", ct="ct.nii.gz")
    with pytest.raises(SettingError, match="labels="):
        FolderSettings(root=".", labels="labels")


def test_a_dicom_series_is_the_ct_of_its_case(tmp_path):
    hu = HU.transpose(1, 0, 2)
    _series(tmp_path / "p1" / "series", hu)
    affine = np.array([[-0.9, 0, 0, 30.0], [0, -0.8, 0, -12.0], [0, 0, 2.0, 55.0], [0, 0, 0, 1]])
    nifti.write(tmp_path / "p1" / "labels.nii.gz", np.full(hu.shape, 5, np.uint8), affine)
    cohort = open_cohort(DicomSettings(root=str(tmp_path)))
    (subject,) = cohort.scored()
    np.testing.assert_array_equal(subject.load_ct().array, hu[::-1, ::-1])
    assert subject.load_label_map().value_of("liver") == 5
    assert len(subject.files) == 1 + hu.shape[2]
