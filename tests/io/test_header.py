from __future__ import annotations

import gzip
import struct
from pathlib import Path

import nibabel
import numpy as np
import pytest

from labelct.errors import InputError
from labelct.io import nifti
from labelct.io.header import read_header
from tests.io.headers import HU, nifti_file, setting


def test_a_header_says_where_the_voxels_lie_and_how_many_bytes_they_take(tmp_path):
    header = read_header(nifti_file(tmp_path / "a.nii"))
    assert (header.shape, header.dtype, header.offset, header.scale) == ((5, 6, 7), np.dtype("<i2"), 352, None)
    assert header.size == 352 + HU.nbytes == (tmp_path / "a.nii").stat().st_size
    assert len(header.block) == 348


def test_an_offset_of_zero_means_behind_the_header(tmp_path):
    path = nifti_file(tmp_path / "a.nii", setting(vox_offset=0))
    np.testing.assert_array_equal(nifti.read_volume(path).array, HU)


def test_voxels_behind_extensions_are_found(tmp_path):
    image = nibabel.Nifti1Image(HU, np.eye(4))
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"a word of the scanner" * 9))
    nibabel.save(image, tmp_path / "a.nii.gz")
    assert read_header(tmp_path / "a.nii.gz").offset > 352
    np.testing.assert_array_equal(nifti.read_volume(tmp_path / "a.nii.gz").array, HU)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"vox_offset": -1000}, "said to begin at byte -1000;"),
        ({"vox_offset": -1e9}, "said to begin at byte -1e+09"),
        ({"vox_offset": 100}, "said to begin at byte 100"),
        ({"vox_offset": np.nan}, "said to begin at byte nan"),
        ({"vox_offset": np.inf}, "said to begin at byte inf"),
        ({"vox_offset": 1e30}, "said to begin at byte 1e+30"),
        ({"dim_1": -5}, "its shape is (-5, 6, 7)"),
        ({"dim_2": 0}, "its shape is (5, 0, 7)"),
        ({"dim_0": 0}, "its shape is"),
        ({"dim_0": 2}, "its shape is (5, 6)"),
        ({"dim_0": 4, "dim_4": 3}, "its shape is (5, 6, 7, 3); give one 3-D volume per file"),
        ({"dim_1": 32767, "dim_2": 32767, "dim_3": 32767}, "more than 2147483648 voxels"),
        ({"dim_1": 3000}, "bytes are missing"),
        ({"datatype": 32, "bitpix": 64}, "its voxels are complex64; give an image of one real number a voxel"),
        ({"datatype": 1792, "bitpix": 128}, "its voxels are complex128"),
        ({"datatype": 128, "bitpix": 24}, "its voxels are RGB"),
        ({"datatype": 2304, "bitpix": 32}, "its voxels are RGBA"),
        ({"datatype": 1, "bitpix": 1}, "its voxels are binary"),
        ({"datatype": 77}, "its header is damaged"),
        ({"scl_slope": 1.0, "scl_inter": np.nan}, "its header is damaged"),
        ({"scl_slope": 1e30}, "its voxels run from"),
        ({"magic": b"ni1"}, "the header of a pair of .hdr and .img; convert it to .nii.gz"),
        ({"magic": b"abc"}, "no NIfTI image"),
        ({"sizeof_hdr": 0, "dim_0": 99}, "shape|damaged"),
    ],
)
def test_what_a_header_should_not_say_is_one_line(tmp_path, fields, said):
    path = nifti_file(tmp_path / "ct.nii", setting(**fields))
    (tmp_path / "ct.nii.gz").write_bytes(gzip.compress(path.read_bytes()))
    for name in ("ct.nii", "ct.nii.gz"):
        with pytest.raises(InputError) as caught:
            nifti.read_volume(tmp_path / name)
        line = str(caught.value)
        assert any(word in line for word in said.split("|")) or "truncated or damaged" in line
        assert "\n" not in line


@pytest.mark.parametrize("slope", [0.0, np.nan, np.inf])
def test_a_slope_that_is_none_scales_nothing(tmp_path, slope):
    path = nifti_file(tmp_path / "a.nii", setting(scl_slope=slope, scl_inter=-1024))
    np.testing.assert_array_equal(nifti.read_volume(path).array, HU)


@pytest.mark.parametrize("kind", [np.int64, np.uint64, np.float64, np.uint16, np.int8])
def test_every_type_of_real_numbers_is_read(tmp_path, kind):
    labels = (np.abs(HU) % 5).astype(kind)
    assert np.array_equal(nifti.read_label_map(nifti_file(tmp_path / "a.nii", array=labels)).array, labels)


def test_a_small_file_that_inflates_to_gigabytes_is_refused_at_once_or_read_as_far_as_declared(tmp_path):
    def packed(name: str, *shape: int) -> Path:
        header = nifti_file(tmp_path / "a.nii", lambda header: header.set_data_shape(shape), HU[:0]).read_bytes()
        (tmp_path / name).write_bytes(gzip.compress(header) + gzip.compress(bytes(1 << 24)) * 67)
        return tmp_path / name

    with pytest.raises(InputError, match=r"it declares 1118208352 bytes, and 10\d\d\d\d\d lie on the disk"):
        nifti.read_volume(packed("large.nii.gz", 1024, 780, 700))
    np.testing.assert_array_equal(nifti.read_label_map(packed("small.nii.gz", 5, 6, 7)).array, np.zeros((5, 6, 7)))


@pytest.mark.parametrize("size", [350, 3, 0])
def test_a_file_that_is_shorter_than_a_header_is_no_image(tmp_path, size):
    path = nifti_file(tmp_path / "a.nii")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(InputError):
        nifti.read_volume(path)


def test_a_file_with_holes_that_declares_more_than_is_on_disk_is_refused_at_once(tmp_path):
    path = nifti_file(tmp_path / "a.nii", setting(dim_1=1500, dim_2=1024, dim_3=1300))
    with path.open("r+b") as file:
        file.truncate(60 << 30)
    with pytest.raises(InputError, match=r"it declares 3993600352 bytes, and .* lie on the disk; copy"):
        nifti.read_volume(path)
    small = nifti_file(tmp_path / "b.nii")
    with small.open("r+b") as file:
        file.truncate(60 << 30)
    np.testing.assert_array_equal(nifti.read_volume(small).array, HU)


def test_nifti2_with_a_size_beyond_any_file_is_refused(tmp_path):
    nibabel.save(nibabel.Nifti2Image(HU, np.eye(4)), tmp_path / "a.nii")
    content = bytearray((tmp_path / "a.nii").read_bytes())
    struct.pack_into("<q", content, 24, 2**62)
    (tmp_path / "a.nii").write_bytes(content)
    with pytest.raises(InputError, match="more than 2147483648 voxels"):
        read_header(tmp_path / "a.nii")
