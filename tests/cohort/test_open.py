from __future__ import annotations

import pytest

from labelct.cohort.open import open_cohort
from labelct.cohort.settings import FilesSettings, FolderSettings
from labelct.errors import InputError
from tests.cohort.folders import everyone


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
    with pytest.raises(TypeError, match="is no cohort of files"):
        open_cohort(FilesSettings(root=str(tmp_path)))
