"""A slice has the same HU however its file is laid out: either byte order, without what stands in front, compressed."""

from __future__ import annotations

import struct
from itertools import product

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from labelct.errors import InputError
from labelct.io.dicom import read_series
from tests.io.dicoms import BIG_ENDIAN, EXPLICIT, JPEG2000, JPEG_LS, RLE, ct_slice, write


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("left_out", ["nothing", "preamble", "preamble and meta", "meta"])
def test_either_byte_order_with_and_without_what_stands_in_front_is_read(tmp_path, hu, order, left_out):
    for z in range(hu.shape[2]):
        syntax = BIG_ENDIAN if order == ">" else EXPLICIT
        path = write(tmp_path / f"{z}", ct_slice(hu[:, :, z], z, order=order), syntax=syntax)
        content = path.read_bytes()
        first = content.index(struct.pack(f"{order}HH", 8, 0x16))
        starts = {"nothing": content, "preamble": content[132:], "preamble and meta": content[first:]}
        path.write_bytes(starts.get(left_out, content[:132] + content[first:]))
    np.testing.assert_array_equal(read_series(tmp_path).array, hu[::-1, ::-1])


@pytest.mark.parametrize(("syntax", "signed", "stored"), [*product((RLE, JPEG_LS), (True, False), (12, 16))])
def test_compressed_pixels_have_the_hu_that_they_had(tmp_path, syntax, signed, stored):
    hu = np.random.default_rng(0).integers(-1000, 2000, (16, 12, 2)).astype(np.float32)
    for z in range(hu.shape[2]):
        tags = ct_slice(hu[:, :, z], z, intercept=0 if signed else -1024)
        tags |= {"0028,0101": ("US", stored), "0028,0102": ("US", stored - 1), "0028,0103": ("US", int(signed))}
        path = write(tmp_path / f"{z}.dcm", tags)
        dataset = pydicom.dcmread(path)
        dataset.compress(syntax, generate_instance_uid=False)
        dataset.save_as(path)
        assert pydicom.dcmread(path).file_meta.TransferSyntaxUID == syntax
    np.testing.assert_array_equal(read_series(tmp_path).array, hu[::-1, ::-1])


@pytest.mark.parametrize("signed", [True, False])
def test_wavelets_have_the_hu_that_they_had(tmp_path, signed):
    """pydicom cannot write them here, SimpleITK can, with tags that are no CT's, and no image of a few pixels."""
    hu = np.random.default_rng(0).integers(-1000, 2000, (32, 32, 2)).astype(np.float32)
    writer = sitk.ImageFileWriter()
    writer.SetImageIO("GDCMImageIO")
    writer.SetCompressor("JPEG2000")
    writer.UseCompressionOn()
    writer.SetFileName(str(tmp_path / "frame"))
    for z in range(hu.shape[2]):
        plane = hu[:, :, z].T + (0 if signed else 1024)
        writer.Execute(sitk.GetImageFromArray(plane[None].astype(np.int16 if signed else np.uint16)))
        coded = pydicom.dcmread(tmp_path / "frame")
        tags = ct_slice(hu[:, :, z], z, intercept=0 if signed else -1024) | {"0028,0103": ("US", int(signed))}
        dataset = pydicom.dcmread(write(tmp_path / "series" / f"{z}.dcm", tags))
        dataset["PixelData"], dataset.file_meta.TransferSyntaxUID = (
            coded["PixelData"],
            coded.file_meta.TransferSyntaxUID,
        )
        assert dataset.file_meta.TransferSyntaxUID.name.startswith("JPEG 2000")
        dataset.save_as(tmp_path / "series" / f"{z}.dcm")
    np.testing.assert_array_equal(read_series(tmp_path / "series").array, hu[::-1, ::-1])


def test_pixels_that_cannot_be_decoded_are_an_error_of_their_file(tmp_path, hu):
    path = write(tmp_path / "series" / "a.dcm", ct_slice(hu[:, :, 0]) | {"7fe0,0010": ("OB", None)}, syntax=JPEG2000)
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0) + struct.pack("<HHI", 0xFFFE, 0xE000, 60) + b"q" * 60
    pixels = struct.pack("<HH", 0x7FE0, 0x10) + b"OB\0\0\xff\xff\xff\xff" + item
    path.write_bytes(path.read_bytes() + pixels + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0))
    said = r"a\.dcm: its pixels \(JPEG 2000 Image .*\) cannot be decoded \(ITK ERROR: GDCMImageIO: .*; .* uncompressed"
    with pytest.raises(InputError, match=said):
        read_series(tmp_path / "series")
