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


@pytest.fixture
def hu() -> np.ndarray:
    return np.random.default_rng(0).integers(-1000, 1000, (6, 5, 4)).astype(np.float32)


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
