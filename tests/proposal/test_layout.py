import json

import numpy as np
import pytest

from labelct.cohort.folder import find as find_subjects
from labelct.cohort.settings import FolderSettings
from labelct.errors import InputError
from labelct.proposal import layout
from tests.proposal.maps import labels, write, write_maps

CT = np.linspace(-1024, 1500, 44 * 32 * 24).reshape(44, 32, 24).astype(np.int16)


@pytest.mark.parametrize(
    ("names", "pattern"),
    [
        (["a.nii.gz", "b.nii.gz"], "*.nii.gz"),
        (["label0001.nii.gz", "label0002.nii.gz"], "*.nii.gz"),
        (["a.nii", "b.nii"], "*.nii"),
        (["a.nii", "b.nii.gz"], "*.nii*"),
        (["my case 1.nii.gz", "Müller.nii.gz"], "*.nii.gz"),
        (["labels/a.nii.gz", "labels/b.nii.gz"], "labels/*.nii.gz"),
        (["p1/seg.nii.gz", "p2/seg.nii.gz"], "*/seg.nii.gz"),
        (["p1/p1_seg.nii.gz", "p2/p2_seg.nii.gz"], "*/*_seg.nii.gz"),
        (["one.nii.gz"], "*.nii.gz"),
    ],
)
def test_the_pattern_of_the_files_is_found_and_a_cohort_finds_the_same(tmp_path, names, pattern):
    for name in names:
        write(tmp_path / name, labels())
    found = layout.find(tmp_path)
    assert (found.kind, found.settings["labels"], found.cases) == ("folder", pattern, len(names))
    cohort = find_subjects(FolderSettings(root=str(tmp_path), labels=pattern, names={1: "liver"}), tmp_path)
    assert sorted(path for subject in cohort.subjects for path in subject.files) == sorted(found.labels)
    assert len({subject.case for subject in cohort.subjects}) == len(names)


@pytest.mark.parametrize(
    ("maps", "images", "pattern", "ct"),
    [
        ("case{}_seg.nii.gz", "case{}_ct.nii.gz", "case*_seg.nii.gz", "case*_ct.nii.gz"),
        ("label{}.nii.gz", "img{}.nii.gz", "label*.nii.gz", "img*.nii.gz"),
        ("labels/c{}.nii.gz", "images/c{}.nii.gz", "labels/*.nii.gz", "images/*.nii.gz"),
        ("c{}/mask.nii.gz", "c{}/scan.nii.gz", "*/mask.nii.gz", "*/scan.nii.gz"),
    ],
)
def test_images_beside_the_label_maps_are_told_apart_and_taken_for_their_ct(tmp_path, maps, images, pattern, ct):
    for case in (1, 2):
        write(tmp_path / maps.format(case), labels())
        write(tmp_path / images.format(case), CT)
    found = layout.find(tmp_path)
    assert (found.settings["labels"], found.settings["ct"], found.cases) == (pattern, ct, 2)


def test_a_data_set_of_nnunet_and_masks_of_totalsegmentator(tmp_path):
    write_maps(tmp_path / "Dataset001_X" / "labelsTr")
    (tmp_path / "Dataset001_X" / "dataset.json").write_text(json.dumps({"labels": {"background": 0, "liver": 1}}))
    assert (layout.find(tmp_path / "Dataset001_X").kind, layout.find(tmp_path / "Dataset001_X").cases) == (
        "nnunet_raw",
        3,
    )
    for case in ("s1", "s2"):
        for name in ("liver", "spleen", "mine"):
            write(tmp_path / "ts" / case / "segmentations" / f"{name}.nii.gz", (labels() == 1).astype(np.uint8))
    found = layout.find(tmp_path / "ts")
    assert (found.kind, found.structures, found.cases, len(found.labels)) == (
        "totalsegmentator",
        ["spleen", "liver"],
        2,
        4,
    )


def test_masks_without_a_name_of_totalsegmentator_are_told(tmp_path):
    for name in ("liver", "Liver", "mine"):
        write(tmp_path / "s1" / "segmentations" / f"{name}.nii.gz", (labels() == 1).astype(np.uint8))
    assert layout.find(tmp_path).unknown == ["Liver", "mine"]


@pytest.mark.parametrize(("ending", "said"), [(".nrrd", ".nrrd"), (".nii.gz", ".nrrd"), (".nrrd", ".nii.gz")])
def test_a_data_set_of_nnunet_in_another_format_is_one_of_files(tmp_path, ending, said):
    for case in "ab":
        write(tmp_path / "labelsTr" / f"{case}{ending}", labels())
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": {"liver": 1}, "file_ending": said}))
    found = layout.find(tmp_path)
    assert (found.kind, found.settings["labels"]) == ("folder", f"labelsTr/*{ending}")


def refused(root, said, pattern=None):
    with pytest.raises(InputError, match=said) as caught:
        layout.find(root, pattern)
    assert "\n" not in str(caught.value)


def test_what_is_no_folder_of_label_maps_is_one_line(tmp_path):
    refused(tmp_path / "none", "no such folder")
    refused(tmp_path, r"holds no label map \(\.nii\.gz, \.nii, \.nrrd or \.mha\)")
    (tmp_path / "dicom").mkdir()
    (tmp_path / "dicom" / "1.dcm").write_bytes(b"x")
    refused(tmp_path / "dicom", "it holds DICOM files; write the label maps as NIfTI")
    deep = write(tmp_path / "a" / "b" / "c" / "m.nii.gz", labels())
    refused(tmp_path / "a", f"give {deep.parent}")
    refused(deep, f"is a file; give the folder that it lies in: {deep.parent}")
    write_maps(tmp_path / "ct", 1)
    write(tmp_path / "only_ct" / "a.nii.gz", CT)
    refused(tmp_path / "only_ct", "a.nii.gz: is an image and no label map")


def test_what_cannot_be_told_apart_is_said_with_the_way_out(tmp_path):
    for case in ("p1", "p2"):
        for name in ("liver", "spleen"):
            write(tmp_path / "masks" / case / f"{name}.nii.gz", (labels() == 1).astype(np.uint8))
        for name in ("expert1", "expert2"):
            write(tmp_path / "two" / case / f"{name}.nii.gz", labels())
    refused(tmp_path / "masks", r"a mask a structure \(liver, spleen …\); put them into CASE/segmentations/")
    refused(
        tmp_path / "two", r"label maps: \*/expert1.nii.gz, \*/expert2.nii.gz; choose with --labels='\*/expert1.nii.gz'"
    )
    assert layout.find(tmp_path / "two", "*/expert2.nii.gz").cases == 2
    refused(tmp_path / "two", r"no file fits --labels=\*/expert3", "*/expert3.nii.gz")
