from __future__ import annotations

import pytest

from labelct.cohort.settings import (
    DicomSettings,
    FilesSettings,
    FolderSettings,
    NnunetRawSettings,
    OwnSettings,
    TotalSegmentatorSettings,
)
from labelct.errors import SettingError


def test_a_pattern_needs_a_star():
    with pytest.raises(SettingError, match=r"ct='ct\.nii\.gz': allowed is a path with \*"):
        FolderSettings(root=".", ct="ct.nii.gz")
    with pytest.raises(SettingError, match="labels="):
        FolderSettings(root=".", labels="labels")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("split", "train"),
        ("merge", ["liver_tumor"]),
        ("merge", {"liver_tumor": 1}),
        ("seed", -1),
        ("splits", {"training": 3}),
        ("splits", {"train": -1}),
    ],
)
def test_settings_that_no_cohort_can_follow_are_named(field, value):
    with pytest.raises(SettingError, match=field):
        FilesSettings(root=".", **{field: value})


def test_a_split_comes_from_a_file_or_from_numbers():
    with pytest.raises(SettingError, match="a file or numbers"):
        FilesSettings(root=".", splits_file="splits.json", splits={"train": 3})


@pytest.mark.parametrize("kind", [OwnSettings, FolderSettings, NnunetRawSettings, TotalSegmentatorSettings])
def test_a_kind_is_its_own(kind):
    with pytest.raises(SettingError, match="kind='other'"):
        kind(kind="other")
    assert DicomSettings().kind == "dicom"
