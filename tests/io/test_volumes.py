import shutil

import nibabel
import numpy as np
import pytest

from labelct.errors import InputError
from labelct.io import nifti, read_ct
from labelct.io.volumes import ct_files
from tests.io.test_dicom import _series

HU = np.random.default_rng(0).integers(-1000, 1000, (5, 6, 4)).astype(np.float32)


def test_a_file_and_a_series_of_one_ct_are_one_volume(tmp_path):
    _series(tmp_path / "series", HU)
    series = read_ct(tmp_path / "series")
    nifti.write(tmp_path / "ct.nii.gz", series.array, series.affine)
    stored = read_ct(tmp_path / "ct.nii.gz")
    assert np.array_equal(series.array, stored.array)
    assert np.allclose(series.affine, stored.affine, atol=1e-4)


def test_the_files_of_a_ct_are_all_that_it_is_read_from(tmp_path):
    _series(tmp_path / "series", HU)
    nifti.write(tmp_path / "ct.nii.gz", HU, np.eye(4))
    assert ct_files(tmp_path / "ct.nii.gz") == (tmp_path / "ct.nii.gz",)
    assert list(ct_files(tmp_path / "series")) == sorted((tmp_path / "series").iterdir())


@pytest.mark.parametrize("ask", [read_ct, ct_files])
def test_what_is_not_there_is_named_with_what_may_be(tmp_path, ask):
    with pytest.raises(InputError, match=r"no\.nii\.gz: does not exist; give a \.nii\.gz, \.nrrd or \.mha file"):
        ask(tmp_path / "no.nii.gz")


def test_a_ct_is_checked_for_hu_and_its_padding_clipped_unless_told(tmp_path):
    nifti.write(tmp_path / "mr.nii.gz", HU + 1200, np.eye(4))
    with pytest.raises(InputError, match=r"mr\.nii\.gz: its voxels run from 2\d\d to 2\d\d\d, none below -500"):
        read_ct(tmp_path / "mr.nii.gz")
    assert np.array_equal(read_ct(tmp_path / "mr.nii.gz", not_hu=True).array, HU + 1200)
    padded = HU.copy()
    padded[0] = -3024
    nibabel.save(nibabel.Nifti1Image(padded.astype(np.int16), np.eye(4)), tmp_path / "ct.nii.gz")
    assert np.array_equal(read_ct(tmp_path / "ct.nii.gz").array, np.where(padded == -3024, -1024, padded))


def test_slices_in_a_folder_below_that_of_their_series_are_not_left_out(tmp_path):
    folder = _series(tmp_path / "series", HU)
    (folder / "copy").mkdir()
    first, *_ = sorted(path for path in folder.iterdir() if path.is_file())
    shutil.copy(first, folder / "copy")
    assert read_ct(folder).array.shape == HU.shape
    first.unlink()
    with pytest.raises(InputError, match=r"holds slices of one series, and .*copy others; put them in one folder"):
        read_ct(folder)
