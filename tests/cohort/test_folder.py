from __future__ import annotations

import json

import numpy as np

from labelct.cohort.open import open_cohort
from labelct.cohort.settings import DicomSettings, FolderSettings
from labelct.io import nifti
from tests.cohort.folders import AFFINE, HU, LABELS, NAMES, everyone
from tests.io.test_dicom import _series


def test_label_maps_names_and_ct_are_found(root):
    subjects = everyone(cohort := open_cohort(FolderSettings(root=str(root))))
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


def test_every_star_of_a_pattern_is_the_case(root):
    nifti.write(root / "a" / "a_seg.nii.gz", LABELS, AFFINE)
    nifti.write(root / "a" / "b_seg.nii.gz", LABELS, AFFINE)
    assert list(everyone(open_cohort(FolderSettings(root=str(root), labels="*/*_seg.nii.gz")))) == ["a"]


def test_a_pattern_cuts_the_case_out_of_the_file_name(root):
    nifti.write(root / "flat" / "label0007.nii.gz", LABELS, AFFINE)
    nifti.write(root / "flat" / "img0007.nii.gz", HU, AFFINE)
    settings = FolderSettings(root=str(root / "flat"), labels="label*.nii.gz", ct="img*.nii.gz", names=NAMES)
    subject = everyone(open_cohort(settings))["0007"]
    np.testing.assert_array_equal(subject.load_ct().array, HU)


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


def test_a_label_called_ignore_is_no_structure(root):
    (value, _), (other, name) = sorted(NAMES.items())[:2]
    cohort = open_cohort(FolderSettings(root=str(root), names={value: "ignore", other: name}))
    label_map = everyone(cohort)["a"].load_label_map()
    assert cohort.names() == (name,)
    assert label_map.names == {other: name}
    np.testing.assert_array_equal(label_map.ignored, value == LABELS)
    np.testing.assert_array_equal(label_map.array == other, other == LABELS)
    assert not label_map.array[value == LABELS].any()
