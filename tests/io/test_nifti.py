from __future__ import annotations

import errno
import os
from pathlib import Path

import nibabel
import numpy as np
import pytest

from labelct.errors import InputError
from labelct.io import nifti
from labelct.volume import Volume

AFFINE = np.array([[0.8, 0, 0, -20], [0, 0.9, 0, 5], [0, 0, 2.5, 100], [0, 0, 0, 1.0]])


@pytest.fixture
def labels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 6, (5, 6, 7)).astype(np.uint8)


def _save(path: Path, array: np.ndarray, affine: np.ndarray = AFFINE, kind: type = nibabel.Nifti1Image) -> Path:
    nibabel.save(kind(array, affine, dtype=array.dtype), path)
    return path


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_what_is_written_is_read_back(tmp_path, labels, name):
    nifti.write(tmp_path / name, labels, AFFINE)
    read = nifti.read_label_map(tmp_path / name)
    np.testing.assert_array_equal(read.array, labels)
    np.testing.assert_allclose(read.affine, AFFINE, atol=1e-6)
    np.testing.assert_allclose(read.spacing, (0.8, 0.9, 2.5), atol=1e-6)


def test_another_reader_sees_the_same_image(tmp_path, labels):
    nifti.write(tmp_path / "a.nii.gz", labels, AFFINE)
    image = nibabel.load(tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(np.asarray(image.dataobj), labels)
    assert image.get_data_dtype() == np.uint8
    np.testing.assert_allclose(image.get_sform(), AFFINE, atol=1e-6)
    np.testing.assert_allclose(image.get_qform(), AFFINE, atol=1e-6)


def test_hounsfield_units_are_rounded_and_clipped_to_int16(tmp_path):
    nifti.write(tmp_path / "ct.nii.gz", np.array([[[-3000.0, -0.6, 0.4, 1e6]]], dtype=np.float32), AFFINE)
    np.testing.assert_array_equal(nifti.read_volume(tmp_path / "ct.nii.gz").array.ravel(), [-1024, -1, 0, 32767])


@pytest.mark.parametrize(("top", "dtype"), [(1, "uint8"), (255, "uint8"), (256, "uint16"), (70000, "uint32")])
def test_labels_take_the_smallest_unsigned_type(tmp_path, top, dtype):
    nifti.write(tmp_path / "a.nii.gz", np.full((2, 2, 2), top, dtype=np.uint32), AFFINE)
    assert nibabel.load(tmp_path / "a.nii.gz").get_data_dtype() == dtype
    assert nifti.read_label_map(tmp_path / "a.nii.gz").array.dtype == dtype


def test_the_same_array_gives_the_same_bytes(tmp_path, labels):
    nifti.write(tmp_path / "a.nii.gz", labels, AFFINE)
    nifti.write(tmp_path / "b.nii.gz", np.asfortranarray(labels), AFFINE)
    assert (tmp_path / "a.nii.gz").read_bytes() == (tmp_path / "b.nii.gz").read_bytes()
    assert (tmp_path / "a.nii.gz").read_bytes()[3:8] == bytes(5), "neither file name nor time in the gzip header"


@pytest.mark.parametrize("codes", ["LPS", "ARS", "SLA", "RAS"])
def test_any_orientation_becomes_ras_with_z_contiguous(tmp_path, labels, codes):
    ras = nibabel.Nifti1Image(labels, AFFINE)
    to = nibabel.orientations.ornt_transform(nibabel.io_orientation(AFFINE), nibabel.orientations.axcodes2ornt(codes))
    nibabel.save(ras.as_reoriented(to), tmp_path / "turned.nii.gz")
    for read in (nifti.read_volume, nifti.read_label_map):
        volume = read(tmp_path / "turned.nii.gz")
        np.testing.assert_array_equal(volume.array, labels)
        np.testing.assert_allclose(volume.affine, AFFINE, atol=1e-5)
        assert volume.array.flags.c_contiguous
    shape, affine = nifti.read_grid(tmp_path / "turned.nii.gz")
    assert shape == labels.shape
    np.testing.assert_allclose(affine, AFFINE, atol=1e-5)


def test_trailing_singleton_axes_nifti2_and_scaling_are_understood(tmp_path, labels):
    path = _save(tmp_path / "a.nii.gz", labels[..., None].astype(np.float32) * 0.5, kind=nibabel.Nifti2Image)
    np.testing.assert_allclose(nifti.read_volume(path).array, labels * 0.5)
    assert nifti.read_volume(path).array.dtype == np.float32


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_voxels_that_are_no_numbers_are_counted(tmp_path, bad):
    array = np.zeros((4, 4, 4), dtype=np.float32)
    array[0, 0, :3] = bad
    path = _save(tmp_path / "bad.nii.gz", array)
    for read in (nifti.read_volume, nifti.read_label_map):
        with pytest.raises(InputError, match=r"bad\.nii\.gz: 3 of 64 voxels are NaN"):
            read(path)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_a_truncated_file_is_named(tmp_path, labels, name):
    path = _save(tmp_path / name, labels)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError, match=rf"{name}: truncated or damaged"):
        nifti.read_volume(path)


def test_what_is_no_image_is_named(tmp_path):
    (tmp_path / "text.nii.gz").write_text("not an image " * 100)
    for read in (nifti.read_volume, nifti.read_label_map, nifti.read_grid):
        with pytest.raises(InputError, match=r"text\.nii\.gz: no NIfTI image"):
            read(tmp_path / "text.nii.gz")
        with pytest.raises(InputError, match=r"absent\.nii: no such file"):
            read(tmp_path / "absent.nii")


def test_four_dimensions_and_singular_affines_are_refused(tmp_path, labels):
    with pytest.raises(InputError, match="its shape is"):
        nifti.read_volume(_save(tmp_path / "a.nii", np.stack([labels, labels], axis=-1)))
    path = _save(tmp_path / "b.nii", labels)
    content = bytearray(path.read_bytes())
    content[280:328] = bytes(48)
    path.write_bytes(bytes(content))
    with pytest.raises(InputError, match="affine is singular"):
        nifti.read_volume(path)


def test_values_without_a_name_are_listed(tmp_path, labels):
    path = _save(tmp_path / "a.nii", labels)
    with pytest.raises(InputError, match="without a name: 3, 5;"):
        nifti.read_label_map(path, {1: "spleen", 2: "liver", 4: "aorta"})


@pytest.mark.parametrize(("value", "message"), [(0.5, "no whole numbers"), (-1.0, "negative value -1")])
def test_values_that_are_no_labels_are_refused(tmp_path, value, message):
    with pytest.raises(InputError, match=message):
        nifti.read_label_map(_save(tmp_path / "a.nii", np.full((2, 2, 2), value, dtype=np.float32)))


def test_a_full_disk_leaves_no_half_file_and_keeps_the_old_one(tmp_path, labels, monkeypatch):
    path = tmp_path / "a.nii.gz"
    nifti.write(path, labels, AFFINE)
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="the disk is full; free some space"):
        nifti.write(path, labels + 1, AFFINE)
    assert [file.name for file in tmp_path.iterdir()] == ["a.nii.gz"]
    assert path.read_bytes() == before


def test_nan_is_not_written(tmp_path):
    with pytest.raises(InputError, match="NaN"):
        nifti.write(tmp_path / "a.nii.gz", np.full((2, 2, 2), np.nan, dtype=np.float32), AFFINE)
    assert not list(tmp_path.iterdir())


def _input(path: Path, kind: type, codes: str, trailing: tuple[int, ...] = ()) -> nibabel.Nifti1Image:
    """Write a CT in an order of axes of its own, with everything in its header that a user may have put there."""
    hu = np.random.default_rng(0).integers(-500, 500, (5, 6, 7))
    ras = nibabel.Nifti1Image(hu.astype(np.int16), AFFINE)
    to = nibabel.orientations.ornt_transform(nibabel.io_orientation(AFFINE), nibabel.orientations.axcodes2ornt(codes))
    turned = ras.as_reoriented(to)
    image = kind(np.asarray(turned.dataobj).reshape(turned.shape + trailing), turned.affine)
    header = image.header
    header.set_sform(turned.affine, code=2)
    header.set_qform(turned.affine, code=1)
    header.set_xyzt_units("mm", "sec")
    header["descrip"], header["intent_name"], header["aux_file"] = b"abdomen", b"ct", b"aux"
    header["cal_max"] = 300
    header.set_dim_info(1, 0, 2)
    header.set_slope_inter(2.0, -24.0)
    nibabel.save(image, path)
    return nibabel.load(path)


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize(("codes", "trailing"), [("RAS", ()), ("LPS", ()), ("SLA", ()), ("IPR", (1,))])
def test_what_is_written_like_an_input_has_its_grid_and_header(tmp_path, kind, codes, trailing):
    given = _input(tmp_path / "ct.nii.gz", kind, codes, trailing)
    volume = nifti.read_volume(tmp_path / "ct.nii.gz")
    nifti.write_like(tmp_path / "mask.nii.gz", (volume.array > 500).astype(np.uint8), volume)
    mask = nibabel.load(tmp_path / "mask.nii.gz")
    assert type(mask) is kind
    assert mask.shape == given.shape
    np.testing.assert_array_equal(np.asarray(mask.dataobj), given.get_fdata() > 500)
    own = {"datatype", "bitpix", "scl_slope", "scl_inter", "cal_max", "vox_offset"}
    for key in set(given.header.keys()) - own:
        np.testing.assert_array_equal(mask.header[key], given.header[key], key)
    assert mask.get_data_dtype() == np.uint8
    nifti.write_like(tmp_path / "hu.nii", volume.array, volume)
    np.testing.assert_array_equal(nibabel.load(tmp_path / "hu.nii").get_fdata(), given.get_fdata())


def test_a_big_endian_input_is_read_and_written_like(tmp_path, labels):
    header = nibabel.Nifti1Header(endianness=">")
    header.set_data_dtype(">i2")
    nibabel.save(nibabel.Nifti1Image(labels.astype(">i2"), AFFINE, header), tmp_path / "big.nii")
    volume = nifti.read_volume(tmp_path / "big.nii")
    np.testing.assert_array_equal(volume.array, labels)
    nifti.write_like(tmp_path / "mask.nii", labels, volume)
    np.testing.assert_array_equal(nibabel.load(tmp_path / "mask.nii").get_fdata(), labels)


def test_a_volume_without_a_file_is_written_as_it_lies(tmp_path, labels):
    nifti.write_like(tmp_path / "a.nii.gz", labels, Volume(labels, AFFINE))
    nifti.write(tmp_path / "b.nii.gz", labels, AFFINE)
    assert (tmp_path / "a.nii.gz").read_bytes() == (tmp_path / "b.nii.gz").read_bytes()
    with pytest.raises(ValueError, match="is not that of the input"):
        nifti.write_like(tmp_path / "c.nii.gz", labels[1:], Volume(labels, AFFINE))


@pytest.mark.parametrize("name", ["x.png", "x.mha", "nii.gz.txt"])
def test_only_a_name_of_a_nifti_file_is_written_to(tmp_path, labels, name):
    with pytest.raises(InputError, match=f"{name}: is no name of a NIfTI file; end it in"):
        nifti.write(tmp_path / name, labels, AFFINE)
    assert not list(tmp_path.iterdir())


def test_labels_scaled_by_a_header_are_whole_and_what_is_too_large_is_refused(tmp_path):
    nearly = np.array([0.0, 0.9999, 2.0001, 4.9998], np.float32).reshape(1, 2, 2)
    read = nifti.read_label_map(_save(tmp_path / "a.nii", nearly))
    np.testing.assert_array_equal(read.array.ravel(), [0, 1, 2, 5])
    with pytest.raises(InputError, match="no whole numbers"):
        nifti.read_label_map(_save(tmp_path / "b.nii", nearly * 1.01))
    for value in (2**32, 2**20 + 1):
        path = _save(tmp_path / "c.nii", np.full((2, 2, 2), value, np.int64), kind=nibabel.Nifti2Image)
        with pytest.raises(InputError, match=f"holds the value {value}; give labels of at most 1048576"):
            nifti.read_label_map(path, {1: "liver"})


@pytest.mark.parametrize("value", [1e30, -1e30, 3e38])
def test_voxels_beyond_any_intensity_are_refused(tmp_path, value):
    with pytest.raises(InputError, match=r"a\.nii: its voxels run from"):
        nifti.read_volume(_save(tmp_path / "a.nii", np.full((2, 2, 2), value, np.float64)))


@pytest.mark.parametrize("name", ["m.nii", "m.nii.gz"])
def test_names_travel_in_an_extension_that_others_read_past(tmp_path, name):
    array = np.random.default_rng(0).integers(0, 3, (5, 6, 7)).astype(np.uint8)
    like = Volume(array.astype(np.float32), np.diag([2.0, 2.0, 3.0, 1.0]))
    nifti.write_like(tmp_path / name, array, like, label_table="<Größe/>")
    image = nibabel.load(tmp_path / name)
    np.testing.assert_array_equal(np.asarray(image.dataobj), array)
    (extension,) = image.header.extensions
    assert extension.get_code() == 30
    assert bytes(extension.content).rstrip(b"\0").decode() == "<Größe/>"
    np.testing.assert_array_equal(nifti.read_label_map(tmp_path / name).array, array)


def test_probabilities_are_written_in_the_files_own_axes(tmp_path):
    hu = np.random.default_rng(0).integers(-1000, 1000, (5, 6, 7)).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(hu, np.diag([-2.0, 2.0, 3.0, 1.0])), tmp_path / "ct.nii.gz")
    ct = nifti.read_volume(tmp_path / "ct.nii.gz")
    wanted = np.stack([ct.array > 0, ct.array > 500]).astype(np.float16)
    wanted[0][ct.array < -500] = 0.25
    nifti.write_probabilities(tmp_path / "p.nii.gz", wanted, ct)
    image = nibabel.load(tmp_path / "p.nii.gz")
    assert image.shape == (5, 6, 7, 2)
    np.testing.assert_array_equal(image.affine, nibabel.load(tmp_path / "ct.nii.gz").affine)
    shares = image.get_fdata()
    np.testing.assert_allclose(shares[..., 0], np.where(hu < -500, 0.25, hu > 0), atol=1e-5)
    np.testing.assert_allclose(shares[..., 1], hu > 500, atol=1e-6)
