from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

from labelct.cohort.base import merge_labels
from labelct.cohort.open import open_cohort
from labelct.cohort.settings import FolderSettings
from labelct.errors import InputError
from labelct.io import nifti
from labelct.volume import LabelMap
from tests.cohort.folders import AFFINE, HU, LABELS, everyone


def test_without_a_split_all_cases_with_a_ct_are_scored(root):
    cohort = open_cohort(FolderSettings(root=str(root)))
    assert [s.case for s in cohort.scored("test")] == ["b"]
    with pytest.raises(InputError, match="no subject with a CT"):
        open_cohort(FolderSettings(root=str(root), cases=["a", "c"])).scored()


def test_merged_structures_share_a_value(root):
    subject = everyone(cohort := open_cohort(FolderSettings(root=str(root), merge={"liver_tumor": "liver"})))["a"]
    assert cohort.names() == ("liver",)
    np.testing.assert_array_equal(subject.load_label_map().array, LABELS > 0)
    assert subject.load_label_map().names == {1: "liver"}


def test_subjects_can_be_sent_to_another_process(root):
    subject = pickle.loads(pickle.dumps(everyone(open_cohort(FolderSettings(root=str(root))))["b"]))
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
        everyone(open_cohort(FolderSettings(root=str(root))))["b"].load_ct()


def test_a_ct_that_lies_elsewhere_is_an_error_and_rounding_is_not(root):
    shifted = AFFINE.copy()
    shifted[0, 3] = 0.2
    nifti.write(root / "ct" / "b.nii.gz", HU, shifted)
    with pytest.raises(InputError, match=r"ct/b\.nii\.gz: its grid .* lies 0\.2 mm off .*labels/b"):
        everyone(open_cohort(FolderSettings(root=str(root))))["b"].load_ct()
    shifted[0, 3] = 1e-4
    nifti.write(root / "ct" / "b.nii.gz", HU, shifted)
    everyone(open_cohort(FolderSettings(root=str(root))))["b"].load_ct()


def test_values_without_a_name_are_listed(root):
    subject = everyone(open_cohort(FolderSettings(root=str(root), names={1: "liver"})))["a"]
    with pytest.raises(InputError, match="without a name: 2; add them"):
        subject.load_label_map()


def test_a_label_may_merge_into_a_value_that_its_own_type_cannot_hold():
    label_map = LabelMap(np.array([[[0, 1, 2]]], np.uint8), np.eye(4), {1: "liver_tumor", 2: "spleen", 300: "liver"})
    merged = merge_labels(label_map, {"liver_tumor": "liver"})
    assert merged.array.tolist() == [[[0, 300, 2]]]
    assert merged.names == {2: "spleen", 300: "liver"}
