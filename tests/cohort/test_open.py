from __future__ import annotations

import os

import numpy as np
import pytest

from labelct.cohort.open import open_cohort
from labelct.cohort.settings import FilesSettings, FolderSettings, NnunetRawSettings, TotalSegmentatorSettings
from labelct.errors import InputError
from labelct.io import nifti
from tests.cohort.folders import AFFINE, LABELS, everyone, write_folder


def test_what_is_missing_is_named(root, caplog):
    with pytest.raises(InputError, match="no such folder; set root"):
        open_cohort(FolderSettings(root=str(root / "absent")))
    with pytest.raises(InputError, match="no label file fits labels=seg"):
        open_cohort(FolderSettings(root=str(root), labels="seg/*.nii.gz"))
    with pytest.raises(InputError, match="holds none of the cases z"):
        open_cohort(FolderSettings(root=str(root), cases=["z"]))
    assert sorted(everyone(open_cohort(FolderSettings(root=str(root), cases=["z", "a"])))) == ["a"]
    assert "holds no case z" in caplog.text


def test_only_the_cases_asked_for_are_shared_out_and_their_order_does_not_matter(root):
    shared = []
    for cases in (["a", "c"], ["c", "a"]):
        settings = FolderSettings(root=str(root), cases=cases, splits={"train": 2, "val": 0, "test": 0})
        shared.append([subject.case for subject in open_cohort(settings).train])
    assert shared[0] == shared[1]
    assert sorted(shared[0]) == ["a", "c"]


def test_settings_of_no_cohort_of_files_are_a_fault_of_the_caller(tmp_path):
    with pytest.raises(KeyError):
        open_cohort(FilesSettings(root=str(tmp_path)))


@pytest.mark.parametrize("part", ["labels/a.nii.gz", "ct/b.nii.gz"])
def test_a_link_to_nothing_is_named_before_anything_is_read(tmp_path, part):
    path = write_folder(tmp_path) / part
    path.unlink()
    path.symlink_to("/mnt/gone.nii.gz")
    with pytest.raises(InputError, match=rf"{path.name}: a link to /mnt/gone\.nii\.gz, which is not there; mend"):
        open_cohort(FolderSettings(root=str(tmp_path)))
    other = FolderSettings(root=str(tmp_path), cases=["c"])
    assert list(everyone(open_cohort(other))) == ["c"]


def test_links_in_a_raw_data_set_and_a_subject_folder_are_named(tmp_path):
    raw, folder = tmp_path / "raw", tmp_path / "total"
    nifti.write(raw / "labelsTr" / "a.nii.gz", LABELS, AFFINE)
    (raw / "dataset.json").write_text('{"labels": {"background": 0, "liver": 1, "liver_tumor": 2}}')
    nifti.write(folder / "s1" / "segmentations" / "liver.nii.gz", (LABELS > 0).astype(np.uint8), AFFINE)
    for link, settings in {
        raw / "labelsTr" / "b.nii.gz": NnunetRawSettings(root=str(raw)),
        folder / "s1" / "segmentations" / "spleen.nii.gz": TotalSegmentatorSettings(root=str(folder)),
    }.items():
        open_cohort(settings)
        link.symlink_to("gone")
        with pytest.raises(InputError, match=rf"{link.name}: a link to gone"):
            open_cohort(settings)


def test_two_cases_of_one_name_are_refused(tmp_path):
    (tmp_path / "dataset.json").write_text('{"labels": {"background": 0, "liver": 1, "liver_tumor": 2}}')
    for part in ("labelsTr", "labelsTs"):
        nifti.write(tmp_path / part / "a.nii.gz", LABELS, AFFINE)
    with pytest.raises(InputError, match=r"case a is twice there, .*labelsTr/a\.nii\.gz and .*labelsTs/a\.nii\.gz"):
        open_cohort(NnunetRawSettings(root=str(tmp_path)))


def test_a_case_whose_name_is_no_text_is_refused(tmp_path):
    nifti.write(tmp_path / os.fsdecode(b"labels/a\xff.nii.gz"), LABELS, AFFINE)
    with pytest.raises(InputError, match="its name is no UTF-8; rename it"):
        open_cohort(FolderSettings(root=str(tmp_path), names={1: "liver", 2: "tumor"}))
