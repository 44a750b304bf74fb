import json
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk

from labelct.commands import case_files
from labelct.commands.case_files import DICOM_SEG, PICTURE, PROBABILITIES, CaseFiles, ModelIdentity, Result
from labelct.commands.masks import Record
from labelct.errors import InputError
from labelct.io import dicom_seg
from labelct.volume import Volume
from tests.io.dicoms import ct_slice, write

MODEL = ModelIdentity("liver_from_masks", "key", {"spleen": 4, "liver": 1})
HU = np.random.default_rng(0).normal(40, 10, (12, 10, 8)).astype(np.float32)
LABELS = np.zeros(HU.shape, np.uint8)
LABELS[2:6, 2:7, 1:6] = 1
LABELS[8:10, 2:7, 1:6] = 4


def case(folder, ending=".nii.gz", beside=(PICTURE,), image="ct.nii.gz"):
    return CaseFiles(Path(image), "", folder / f"ct{ending}", Record("input", "key", MODEL.labels, {}), tuple(beside))


def result(probabilities=None, in_hu=True):
    return Result(Volume(HU, np.diag([2.0, 2.0, 2.5, 1.0])), LABELS, probabilities, in_hu)


def test_all_of_a_case_is_there_and_says_what_it_is(tmp_path):
    shares = np.stack([LABELS == 4, LABELS == 1]).astype(np.float16)
    one = case(tmp_path, beside=(PICTURE, PROBABILITIES))
    case_files.write(one, result(shares), MODEL)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *("ct.made_from.json", "ct.nii.gz", "ct.png", "ct.probabilities.nii.gz")
    ]
    mask = nibabel.load(tmp_path / "ct.nii.gz")
    np.testing.assert_array_equal(np.asarray(mask.dataobj), LABELS)
    text = bytes(mask.header.extensions[0].content).decode()
    assert ">liver</Label>" in text
    assert ">spleen</Label>" in text
    volumes = json.loads((tmp_path / "ct.made_from.json").read_text())["volumes"]
    assert [(each["structure"], each["voxels"]) for each in volumes] == [("spleen", 50), ("liver", 100)]
    assert volumes[1]["volume_ml"] == pytest.approx(1.0)
    assert volumes[1]["mean_hu"] == pytest.approx(HU[LABELS == 1].mean(), abs=1e-4)
    assert case_files.is_whole(one)


@pytest.mark.parametrize(("ending", "names"), [(".seg.nrrd", ["liver", "spleen"]), (".mha", [])])
def test_a_mask_in_another_format_has_names_where_the_format_has_a_place(tmp_path, ending, names):
    case_files.write(case(tmp_path, ending, ()), result(), MODEL)
    image = sitk.ReadImage(str(tmp_path / f"ct{ending}"))
    np.testing.assert_array_equal(
        sitk.GetArrayFromImage(image).T, LABELS[::1, ::1] if image.GetDirection()[0] < 0 else LABELS
    )
    assert [image.GetMetaData(f"Segment{number}_Name") for number in range(len(names))] == names


def test_what_is_missing_or_wanted_besides_makes_a_case_incomplete(tmp_path):
    case_files.write(case(tmp_path), result(), MODEL)
    assert case_files.is_whole(case(tmp_path))
    assert not case_files.is_whole(case(tmp_path, beside=(PICTURE, PROBABILITIES)))
    (tmp_path / "ct.png").unlink()
    assert not case_files.is_whole(case(tmp_path))
    assert case_files.is_whole(case(tmp_path, beside=()))


def test_of_an_image_without_hu_volumes_alone_are_measured(tmp_path):
    case_files.write(case(tmp_path), result(in_hu=False), MODEL)
    volumes = json.loads((tmp_path / "ct.made_from.json").read_text())["volumes"]
    assert [each["mean_hu"] for each in volumes] == [None, None]


def test_a_series_that_cannot_be_referred_to_costs_no_mask(tmp_path, monkeypatch, caplog):
    def refuse(path, labels, structures, source, like, maker):
        raise InputError(source[0], "lacks something", "export it again")

    monkeypatch.setattr(dicom_seg, "write_segmentation", refuse)
    one = case(tmp_path, beside=(PICTURE, DICOM_SEG), image="series")
    case_files.write(one, result(), MODEL)
    assert "lacks something" in caplog.text
    assert (tmp_path / "ct.nii.gz").exists()
    assert case_files.is_whole(one)


def test_nothing_is_left_of_a_case_whose_last_file_cannot_be_written(tmp_path, monkeypatch):
    def refuse(path, *_):
        path.write_bytes(b"half")
        raise InputError(path, "the disk is full", "free some space")

    monkeypatch.setattr(dicom_seg, "write_segmentation", refuse)
    with pytest.raises(InputError, match=r"ct\.seg\.dcm: the disk is full"):
        case_files.write(case(tmp_path / "new", beside=(PICTURE, DICOM_SEG), image="series"), result(), MODEL)
    assert not (tmp_path / "new").exists()


def test_a_dicom_segmentation_is_written_of_dicom_alone(tmp_path):
    file = write(tmp_path / "frames.dcm", ct_slice(np.zeros((4, 3))))
    assert case_files.endings_for(tmp_path, False, True) == (PICTURE, DICOM_SEG)
    assert case_files.endings_for(file, True, True) == (PICTURE, DICOM_SEG, PROBABILITIES)
    assert case_files.endings_for(tmp_path, False, False) == (PICTURE,)
    (tmp_path / "ct.nii.gz").touch()
    assert case_files.endings_for(tmp_path / "ct.nii.gz", False, True) == (PICTURE,)


def test_structures_come_in_the_order_of_their_values():
    assert [(one.value, one.name) for one in MODEL.structures] == [(1, "liver"), (4, "spleen")]
