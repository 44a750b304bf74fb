from __future__ import annotations

import nibabel
import numpy as np
import pytest

from labelct.errors import InputError
from labelct.io import nifti
from labelct.io.geometry import check_grid
from tests.io.headers import AFFINE, HU, nifti_file, setting


def scaled(*factors: float) -> np.ndarray:
    return AFFINE @ np.diag([*factors, 1.0])


def sform(affine: np.ndarray, code: int = 1):
    return lambda header: header.set_sform(affine, code=code)


def read(path, change):
    """Return the volume of a file whose header was changed; the voxels are those that were written."""
    volume = nifti.read_volume(nifti_file(path / "ct.nii", change))
    np.testing.assert_array_equal(volume.array, HU)
    return volume


@pytest.mark.parametrize(
    "change",
    [
        setting(pixdim_0=0.0),
        sform(np.zeros((4, 4))),
        sform(np.full((4, 4), np.nan)),
        setting(qform_code=0),
        setting(qform_code=0, pixdim_1=0.0),
        setting(sform_code=0),
        setting(quatern_b=5.0),
        setting(xyzt_units=0),
        setting(xyzt_units=7),
        sform(AFFINE + np.diag([2e-4, 2e-4, 2e-4, 0])),
    ],
)
def test_what_is_harmless_or_said_twice_is_read_without_a_word(tmp_path, caplog, change):
    np.testing.assert_allclose(read(tmp_path, change).affine, AFFINE, atol=3e-4)
    assert not caplog.records


def test_pixdim_zero_of_a_file_with_a_qform_alone_means_one(tmp_path):
    def change(header):
        header["sform_code"], header["pixdim"][0] = 0, 0

    np.testing.assert_allclose(read(tmp_path, change).affine, AFFINE, atol=1e-5)


def test_a_sform_that_pixdim_contradicts_gives_way_to_the_qform_and_it_is_said(tmp_path, caplog):
    volume = read(tmp_path, sform(scaled(1 / 4, 1 / 4, 1 / 4)))
    np.testing.assert_allclose(volume.spacing, (0.8, 0.9, 2.5), atol=1e-6)
    assert caplog.messages == [
        f"{tmp_path}/ct.nii: its sform says 0.2 x 0.225 x 0.625 mm, pixdim 0.8 x 0.9 x 2.5 mm; the qform is taken"
    ]


def test_a_sform_that_fits_pixdim_is_taken_and_a_qform_elsewhere_is_said(tmp_path, caplog):
    away = AFFINE.copy()
    away[:3, 3] += 50
    np.testing.assert_allclose(read(tmp_path, sform(away)).affine, away, atol=1e-5)
    assert caplog.messages == [f"{tmp_path}/ct.nii: its sform and qform lie apart; the sform is taken"]


def test_a_header_without_orientation_is_said(tmp_path, caplog):
    volume = read_flipped = nifti.read_volume(nifti_file(tmp_path / "a.nii", setting(sform_code=0, qform_code=0)))
    np.testing.assert_array_equal(read_flipped.array, HU[::-1])
    np.testing.assert_allclose(volume.spacing, (0.8, 0.9, 2.5), atol=1e-6)
    assert "neither sform nor qform" in caplog.text


@pytest.mark.parametrize(("code", "mm"), [(1, 1000.0), (2, 1.0), (3, 1e-3)])
def test_units_are_honoured(tmp_path, code, mm):
    def change(header):
        for set_form in (header.set_sform, header.set_qform):
            set_form(np.diag([1 / mm, 1 / mm, 1 / mm, 1]) @ AFFINE, code=1)
        header["xyzt_units"] = code | 8  # with seconds beside

    volume = read(tmp_path, change)
    np.testing.assert_allclose(volume.affine, AFFINE, rtol=1e-5, atol=1e-5)
    nifti.write_like(tmp_path / "like.nii", volume.array, volume)
    np.testing.assert_allclose(nifti.read_volume(tmp_path / "like.nii").affine, AFFINE, rtol=1e-5, atol=1e-5)
    written, given = (nibabel.load(tmp_path / name).header for name in ("like.nii", "ct.nii"))
    assert written["xyzt_units"] == given["xyzt_units"] == code | 8


def moved(place: float) -> np.ndarray:
    affine = AFFINE.copy()
    affine[0, 3] = place
    return affine


def sheared(degrees: float) -> np.ndarray:
    shear = np.eye(4)
    shear[1, 2] = np.tan(np.radians(degrees))
    return shear @ AFFINE


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (sform(sheared(20)), "its grid is sheared by 20 degrees; resample it to an upright grid"),
        (sform(sheared(1)), "its grid is sheared by 1 degrees"),
        (
            lambda h: (h.set_sform(scaled(4, 4, 4)), setting(qform_code=0)(h)),
            "its sform says 3.2 x 3.6 x 10 mm",
        ),
        (lambda h: (h.set_sform(np.zeros((4, 4)), code=1), setting(qform_code=0)(h)), "affine is singular"),
        (
            lambda h: (h.set_qform(scaled(2e-3, 2e-3, 1)), setting(sform_code=0)(h)),
            "its voxels measure 0.0016",
        ),
        (
            lambda h: (h.set_qform(scaled(1, 1, 400)), setting(sform_code=0)(h)),
            "measure 0.8 x 0.9 x 1000 mm",
        ),
        (lambda h: setting(sform_code=0, pixdim_3=np.inf)(h), "affine is singular or not finite"),
        (sform(moved(1e30)), "its first voxel lies at 1e+30 mm, allowed is 100000 mm"),
    ],
)
def test_contradictions_and_what_no_scanner_makes_are_refused(tmp_path, change, said):
    path = nifti_file(tmp_path / "ct.nii", change)
    for ask in (nifti.read_volume, nifti.read_grid):
        with pytest.raises(InputError) as caught:
            ask(path)
        assert said in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_grid_longer_than_any_scan_is_refused(tmp_path):
    with pytest.raises(InputError, match="it is 5120 mm long"):
        check_grid(tmp_path, (512, 512, 4), np.diag([10.0, 1.0, 1.0, 1.0]))
    check_grid(tmp_path, (512, 512, 2000), np.diag([1.0, 1.0, 1.0, 1.0]))


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("place", [1.01e5, -1.01e5, 1e30])
def test_a_grid_farther_away_than_any_table_is_refused(tmp_path, axis, place):
    affine = np.eye(4)
    affine[axis, 3] = place
    with pytest.raises(InputError, match=r"its first voxel lies at .* mm, allowed is 100000 mm; correct its header"):
        check_grid(tmp_path, (4, 4, 4), affine)
    affine[axis, 3] = np.sign(place) * 9.9e4
    check_grid(tmp_path, (4, 4, 4), affine)
