from __future__ import annotations

import json

import numpy as np
import pytest

from labelct.cohort.open import open_cohort
from labelct.cohort.settings import DicomSettings, FolderSettings, ImagesSettings
from labelct.errors import InputError
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


def test_mr_is_read_as_it_is_and_never_as_a_ct(root):
    mr = np.abs(HU) * 3
    nifti.write(root / "mr" / "a.nii.gz", mr, AFFINE)
    cohort = open_cohort(FolderSettings(root=str(root), modality="mr", splits={"test": 1}))
    (subject,) = cohort.test
    assert (cohort.modality, subject.case, subject.load_ct) == ("mr", "a", None)
    np.testing.assert_array_equal(subject.load_mr().array, mr)
    assert all(one.load_ct is one.load_mr is None for one in (*cohort.train, *cohort.val))
    assert everyone(open_cohort(FolderSettings(root=str(root))))["a"].load_mr is None


@pytest.mark.parametrize(
    ("array", "affine", "said"),
    [
        (HU, AFFINE, "as those of a CT in HU, where MR is expected"),
        (np.full(HU.shape, 3.0), AFFINE, "all its voxels are 3"),
        (np.abs(HU)[:, :, :3], AFFINE, r"its shape is \(5, 6, 3\), but \(5, 6, 4\)"),
        (np.abs(HU), np.diag([2.0, 2.0, 3.5, 1.0]), "its grid"),
    ],
)
def test_an_mr_that_cannot_be_used_is_one_line(root, array, affine, said):
    nifti.write(root / "mr" / "a.nii.gz", array, affine)
    with pytest.raises(InputError, match=said):
        everyone(open_cohort(FolderSettings(root=str(root), modality="mr")))["a"].load_mr()


def test_images_alone_have_no_label_map_and_all_train(root):
    nifti.write(root / "ct" / "d.nii.gz", HU + 5, AFFINE)
    cohort = open_cohort(ImagesSettings(root=str(root), images="ct/*.nii.gz"))
    assert [subject.case for subject in cohort.train] == ["b", "d"]
    assert (cohort.val, cohort.test) == ((), ())
    np.testing.assert_array_equal(cohort.train[1].load_ct().array, HU + 5)
    with pytest.raises(InputError, match="has no label map"):
        cohort.train[0].label_map()
    with pytest.raises(InputError, match=r"no image fits images=mr/\*"):
        open_cohort(ImagesSettings(root=str(root), images="mr/*.nii.gz"))


def test_a_series_of_the_other_modality_is_refused_by_its_tag(tmp_path):
    _series(tmp_path / "p1" / "series", HU)
    nifti.write(tmp_path / "p1" / "labels.nii.gz", np.full(HU.shape, 5, np.uint8), AFFINE)
    subject = everyone(open_cohort(DicomSettings(root=str(tmp_path), modality="mr")))["p1"]
    with pytest.raises(InputError, match="its Modality is CT, where MR is expected; give a series of MR"):
        subject.load_mr()
