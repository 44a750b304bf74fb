from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from labelct.errors import InputError
from labelct.io import nifti
from labelct.io.dicom import read_series
from labelct.io.inputs import find_images
from labelct.io.volumes import read_ct
from tests.io import dicoms
from tests.io.dicoms import (
    REPORT,
    SEGMENTATION,
    beside,
    ct_series,
    ct_slice,
    enhanced_ct,
    numbers,
    write,
)

SPACING = (0.9, 0.8, 2.0)
ORIGIN = (-30.0, 12.0, 55.0)  # LPS
REAL = os.environ.get("LABELCT_REAL_DATA")


def _series(folder: Path, hu: np.ndarray, skip: tuple[int, ...] = (), uid: str = "1.2.826.0.1.99") -> Path:
    """Write `hu` (LPS index order x, y, z) as one DICOM slice a file, the last slice first."""
    folder.mkdir(parents=True, exist_ok=True)
    writer = sitk.ImageFileWriter()
    writer.KeepOriginalImageUIDOn()
    for z in range(hu.shape[2]):
        if z in skip:
            continue
        image = sitk.GetImageFromArray(hu[:, :, z].T.astype(np.int16)[None])
        image.SetSpacing(SPACING)
        position = "\\".join(map(str, (ORIGIN[0], ORIGIN[1], ORIGIN[2] + SPACING[2] * z)))
        tags = {"0008|0060": "CT", "0020|000e": uid, "0020|000d": uid + ".1", "0008|0018": f"{uid}.2.{z}"}
        tags |= {"0020|0032": position, "0020|0037": "1\\0\\0\\0\\1\\0", "0028|1052": "-1024", "0028|1053": "1"}
        for tag, value in tags.items():
            image.SetMetaData(tag, value)
        writer.SetFileName(str(folder / f"{uid.replace('.', '')}_{99 - z}.dcm"))
        writer.Execute(image)
    return folder


def test_slices_become_one_volume_in_ras(tmp_path, hu):
    volume = read_series(_series(tmp_path / "series", hu))
    np.testing.assert_array_equal(volume.array, hu[::-1, ::-1])
    np.testing.assert_allclose(volume.spacing, SPACING)
    assert volume.array.dtype == np.float32
    assert volume.array.flags.c_contiguous


def test_every_voxel_keeps_its_place_in_the_patient(tmp_path, hu):
    volume = read_series(_series(tmp_path / "series", hu))
    x, y, z, _ = volume.affine @ [5, 4, 3, 1]  # the last voxel in RAS is the first in L and P, the last in S
    np.testing.assert_allclose([-x, -y, z], [ORIGIN[0], ORIGIN[1], ORIGIN[2] + 3 * SPACING[2]], atol=1e-5)
    assert volume.array[5, 4, 3] == hu[0, 0, 3]


def test_a_missing_slice_is_named(tmp_path, hu):
    with pytest.raises(InputError, match="series: its slices lie 2 to 4 mm apart"):
        read_series(_series(tmp_path / "series", hu, skip=(1,)))


def test_two_series_in_one_folder_are_refused(tmp_path, hu):
    _series(tmp_path / "series", hu, uid="1.2.826.0.1.98")
    with pytest.raises(InputError, match="holds 2 DICOM series"):
        read_series(_series(tmp_path / "series", hu))


def test_one_of_several_series_is_chosen_by_its_uid_or_number(tmp_path, hu):
    folder = tmp_path / "series"
    for number, uid in enumerate(("1.2.98", "1.2.99"), start=3):
        for z in range(4):
            told = {"0020,0011": ("IS", number), "0008,103e": ("LO", f"CT {number}"), "0020,000e": ("UI", uid)}
            write(folder / f"{uid}_{z}", ct_slice(hu[:, :, z] + number, z) | told)
    listed = r"2 DICOM series \(number 3, 'CT 3', 4 slices, 1\.2\.98; number 4, 'CT 4', 4 slices, 1\.2\.99\); keep "
    with pytest.raises(InputError, match=listed):
        read_series(folder)
    for name in ("1.2.99", "4"):
        np.testing.assert_array_equal(read_series(folder, series=name).array, hu[::-1, ::-1] + 4)
    with pytest.raises(InputError, match=r"holds no DICOM series 5, but 2 \(number 3"):
        read_series(folder, series="5")


def test_a_folder_without_a_series_is_named(tmp_path):
    (tmp_path / "readme.txt").write_text("nothing")
    with pytest.raises(InputError, match="holds no DICOM series"):
        read_series(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        read_series(tmp_path / "absent")


def test_a_cut_slice_is_an_error_of_the_input(tmp_path, hu):
    folder = _series(tmp_path / "series", hu)
    last = sorted(folder.iterdir())[0]
    last.write_bytes(last.read_bytes()[:-30])
    with pytest.raises(InputError, match=rf"{last.name}: cannot be read as a slice"):
        read_series(folder)


@pytest.mark.skipif(not REAL, reason="LABELCT_REAL_DATA is unset")
def test_a_real_series_lies_on_the_grid_of_its_labels(tmp_path):
    folder = Path(str(REAL)) / "dicom_ct"
    ct, labels = read_series(folder / "series"), nifti.read_label_map(folder / "labels.nii.gz")
    assert ct.array.shape == labels.array.shape == (512, 512, 20)
    np.testing.assert_allclose(ct.affine, labels.affine, atol=1e-6)
    liver, bone = ct.array[labels.array == 5], ct.array[labels.array == 32]
    assert 60 < np.median(liver) < 120
    assert np.median(bone) > 150
    for number, file in enumerate(sorted((folder / "series").iterdir())):
        shutil.copy(file, tmp_path / f"{(number * 7) % 20:02d}")
    np.testing.assert_array_equal(read_series(tmp_path).array, ct.array)


def test_what_is_written_like_a_series_overlays_it_without_a_flip(tmp_path, hu):
    volume = read_series(_series(tmp_path / "series", hu))
    nifti.write_like(tmp_path / "mask.nii.gz", (volume.array > 0).astype(np.uint8), volume)
    mask = sitk.ReadImage(str(tmp_path / "mask.nii.gz"))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(mask).T, hu > 0)
    np.testing.assert_allclose(mask.GetOrigin(), ORIGIN, atol=1e-5)
    np.testing.assert_allclose(mask.GetSpacing(), SPACING, atol=1e-6)
    np.testing.assert_allclose(mask.GetDirection(), np.eye(3).ravel(), atol=1e-6)


@pytest.mark.parametrize("kind", [dicoms.DOSE, dicoms.SEGMENTATION])
def test_a_dose_or_a_segmentation_beside_the_slices_is_passed_over(tmp_path, hu, kind):
    series = ct_series(tmp_path / "series", hu)
    dicoms.beside(series / "0.dcm", kind, **{"0028_0008": ("IS", "3")})
    np.testing.assert_array_equal(read_series(series).array, hu[::-1, ::-1])
    assert find_images([tmp_path], tmp_path / "out")[0] == [series]


@pytest.mark.parametrize("grey", [{}, {"0028_0002": ("US", 1), "0028_0004": ("CS", "MONOCHROME2")}])
def test_a_captured_page_of_another_series_hinders_none_that_is_chosen(tmp_path, hu, grey):
    series = ct_series(tmp_path / "series", hu)
    dicoms.beside(series / "0.dcm", **grey)
    with pytest.raises(InputError, match=r"0\.dcm: .*, and is of another series; move it away, or choose a series"):
        read_series(series)
    np.testing.assert_array_equal(read_series(series, series="1.2.3.4").array, hu[::-1, ::-1])
    with pytest.raises(InputError, match=r"0\.dcm: (its pixels are RGB|has no ImagePositionPatient)"):
        read_series(series, series="99")


def test_a_modality_in_small_letters_is_one(tmp_path, hu):
    series = ct_series(tmp_path / "series", hu, lambda tags, z: {"0008,0060": ("CS", "ct")})
    np.testing.assert_array_equal(read_series(series, "CT").array, hu[::-1, ::-1])


@pytest.mark.parametrize("unit", ["MGML", "z_eff ", "OD", "ED", "EDW", "PCT"])
@pytest.mark.parametrize("frames", [False, True])
def test_a_ct_that_says_that_it_is_not_in_hu_is_refused_unless_told(tmp_path, hu, unit, frames):
    said = {"0028,1054": ("LO", unit)}
    if frames:
        scale = {"0028,1052": ("DS", "-1024"), "0028,1053": ("DS", "1")}
        path = enhanced_ct(tmp_path / "ct.dcm", hu, lambda *_: {"0028,9145": ("SQ", [scale | said])})
    else:
        path = ct_series(tmp_path / "series", hu, lambda tags, z: said if z == 2 else {})
    with pytest.raises(InputError, match=f"RescaleType is {unit.strip().upper()}: its values are .* no HU; .*--not-hu"):
        read_ct(path)
    np.testing.assert_array_equal(read_ct(path, not_hu=True).array, hu[::-1, ::-1])


@pytest.mark.parametrize(("unit", "told"), [("HU", ""), ("US", ""), ("HU_MOD", ""), (None, ""), ("normalized", "NORM")])
def test_a_unit_that_says_nothing_else_is_read_and_a_word_of_no_meaning_warned_of(tmp_path, hu, caplog, unit, told):
    read_ct(ct_series(tmp_path / "series", hu, lambda *_: {"0028,1054": ("LO", unit)}))
    assert ("RescaleType is 'NORMALIZED', which may be no HU" in caplog.text) == bool(told)
    assert "RescaleType" not in caplog.text or told


def test_a_folder_whose_name_is_no_text_is_refused_and_ends_no_process(tmp_path, hu):
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    with pytest.raises(InputError, match="its name is no UTF-8"):
        read_series(ct_series(folder, hu))


@pytest.mark.parametrize(
    ("tag", "kind", "name"), [("0010,0020", "LO", "PatientID"), ("0020,000d", "UI", "StudyInstanceUID")]
)
def test_slices_of_two_patients_are_no_series_though_it_has_one_uid(tmp_path, hu, tag, kind, name):
    folder = ct_series(tmp_path / "one", hu, lambda tags, z: {tag: (kind, "1.2" if z else None)})
    assert read_series(folder).array.shape[2] == hu.shape[2], "what anonymisation took out is no other patient"
    folder = ct_series(tmp_path / "two", hu, lambda tags, z: {tag: (kind, "1.2" if z else "1.3")})
    with pytest.raises(InputError, match=f"99.dcm has another {name} than"):
        read_series(folder)


@pytest.mark.parametrize(("sop_class", "kind"), [(SEGMENTATION, "Segmentation"), (REPORT, "Basic Text SR")])
def test_what_is_no_image_is_told_as_what_it_is(tmp_path, sop_class, kind):
    path = beside(tmp_path / "study" / "one.dcm", sop_class)
    with pytest.raises(InputError, match=rf"one\.dcm: is no image, but {kind}; give the folder of one"):
        read_series(path)
    with pytest.raises(InputError, match=rf"study: holds no DICOM series, but {kind}; "):
        read_series(path.parent)


def test_what_lies_beside_a_series_is_passed_over(tmp_path, hu):
    folder = ct_series(tmp_path / "series", hu)
    write(folder / "structures.dcm", {"0008,0016": ("UI", "1.2.840.10008.5.1.4.1.1.481.3")})
    write(folder / "DICOMDIR", {"0004,1130": ("CS", "SET")})
    (folder / "notes.txt").write_text("a scan")
    os.mkfifo(folder / "pipe")
    (folder / "gone").symlink_to("nowhere")
    np.testing.assert_array_equal(read_series(folder).array, hu[::-1, ::-1])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda tags, z: {"0028,0030": ("DS", numbers(0.8, 0.9 + 0.01 * (z == 2)))}, "differs .* in its pixel spacing"),
        (lambda tags, z: {"0020,0037": ("DS", "0\\1\\0\\0\\0\\-1")} if z == 3 else {}, "differs .* in its orientation"),
        (lambda tags, z: {"0020,0032": ("DS", "0\\0\\9")}, "lie at one position"),
        (lambda tags, z: {"0020,0032": ("DS", numbers(0, 0.2 * z, 2 * z))}, "tilted gantry"),
        (
            lambda tags, z: {"0020,000e": ("UI", "1.9")} if z == 1 else {},
            r"2 DICOM series \(\d slices, [\d.]+; \d slices, ",
        ),
        (lambda tags, z: {"0020,0032": ("DS", None)}, "has no ImagePositionPatient"),
    ],
)
def test_slices_that_are_no_stack_are_refused(tmp_path, hu, change, said):
    with pytest.raises(InputError, match=said):
        read_series(ct_series(tmp_path / "series", hu, change))


def test_the_same_slice_twice_is_named(tmp_path, hu):
    folder = ct_series(tmp_path / "series", hu)
    shutil.copy(folder / "98.dcm", folder / "copy.dcm")
    with pytest.raises(InputError, match=r"98\.dcm and copy\.dcm lie at one position; keep one of them"):
        read_series(folder)


def test_frames_are_sorted_and_scaled_one_by_one(tmp_path, hu):
    def change(groups, z):
        scale = {"0028,1052": ("DS", str(-1024 + 10 * z)), "0028,1053": ("DS", "2" if z == 1 else "1")}
        place = {"0020,0032": ("DS", numbers(*ORIGIN[:2], ORIGIN[2] - SPACING[2] * z))}
        return {"0028,9145": ("SQ", [scale]), "0020,9113": ("SQ", [place])}

    path = enhanced_ct(tmp_path / "series" / "ct.dcm", hu, change)
    right = hu + 10 * np.arange(4)
    right[:, :, 1] = (hu[:, :, 1] + 1024) * 2 - 1014
    for given in (path, path.parent):
        volume = read_series(given)
        np.testing.assert_array_equal(volume.array, right[::-1, ::-1, ::-1])
        np.testing.assert_allclose(volume.spacing, SPACING)
        x, y, z, _ = volume.affine @ [5, 4, 3, 1]
        np.testing.assert_allclose([-x, -y, z], ORIGIN, atol=1e-9)


def test_a_gap_between_frames_and_several_multi_frame_files_are_refused(tmp_path, hu):
    def gap(groups, z):
        return {"0020,9113": ("SQ", [{"0020,0032": ("DS", numbers(0, 0, 2 * z + 2 * (z > 1)))}])}

    with pytest.raises(InputError, match="its slices lie 2 to 4 mm apart"):
        read_series(enhanced_ct(tmp_path / "gap" / "a.dcm", hu, gap))
    for name in ("a.dcm", "b.dcm"):
        enhanced_ct(tmp_path / "two" / name, hu)
    with pytest.raises(InputError, match="holds 2 files, multi-frame ones among them"):
        read_series(tmp_path / "two")


def test_a_single_slice_is_a_volume_alone_and_part_of_a_series_beside_others(tmp_path, hu):
    volume = read_series(write(tmp_path / "one" / "a.dcm", ct_slice(hu[:, :, 0])))
    np.testing.assert_array_equal(volume.array, hu[::-1, ::-1, :1])
    np.testing.assert_allclose(volume.spacing, (*SPACING[:2], 5.0))
    folder = ct_series(tmp_path / "series", hu)
    with pytest.raises(InputError, match=r"97\.dcm: is one slice of a series; give its folder, .*series"):
        read_series(folder / "97.dcm")


def test_real_series_of_another_modality_lie_in_the_axes_that_they_were_taken_in(real_data):
    folders = sorted({path.parent for path in (real_data / "prostate_mr").rglob("*.dcm")})
    volumes = [read_series(folder) for folder in folders]
    assert len(volumes) == 4
    for volume in volumes:
        assert volume.frame.shape[:2] in {(320, 320), (384, 384)}
        assert sorted(volume.frame.shape) == sorted(volume.array.shape)
        assert 0.2 < min(volume.spacing) < 0.7 < 2 < max(volume.spacing) < 5
