from __future__ import annotations

import struct

import numpy as np
import pytest

from labelct.errors import InputError
from labelct.io.tags import is_dicom, read_tags
from tests.io.dicoms import JPEG2000, ORIGIN, SPACING, ct_slice, enhanced_ct, numbers, write

HU = np.random.default_rng(0).integers(-1000, 1000, (6, 5, 4))


def slice_file(path, **tags):
    return write(path, ct_slice(HU[:, :, 0]) | {name.replace("_", ","): value for name, value in tags.items()})


def changed(tag: str, vr: str, value: object) -> dict:
    return {tag.replace(",", "_"): (vr, value)}


def test_a_slice_says_where_it_lies_and_how_it_is_scaled(tmp_path):
    file = read_tags(slice_file(tmp_path / "a.dcm"))
    (one,) = file.slices
    assert (one.name, one.shape, one.spacing, one.thickness) == ("a.dcm", (6, 5), SPACING[:2], 5.0)
    np.testing.assert_array_equal(one.position, ORIGIN)
    np.testing.assert_array_equal(one.normal, [0, 0, 1])
    assert (file.series, file.rescale, file.padding) == ("1.2.3.4", [(1.0, -1024.0)], None)


def test_what_is_harmless_to_leave_out_has_its_default(tmp_path):
    bare = {name: (kind, None) for name, kind in {"0028_1052": "DS", "0028_1053": "DS", "0020_000e": "UI"}.items()}
    file = read_tags(slice_file(tmp_path / "a.dcm", **bare, **changed("0018,0050", "DS", None)))
    assert (file.series, file.rescale, file.slices[0].thickness) == ("", [(1.0, 0.0)], None)


@pytest.mark.parametrize(
    ("signed", "vr", "value", "stored"), [(1, "SS", -2000, -2000), (0, "SS", -2000, 63536), (0, "US", 63536, 63536)]
)
def test_padding_is_the_number_that_the_pixels_hold(tmp_path, signed, vr, value, stored):
    tags = changed("0028,0103", "US", signed) | changed("0028,0120", vr, value)
    assert read_tags(slice_file(tmp_path / "a.dcm", **tags)).padding == (stored, stored)


def test_padding_may_be_a_range_of_numbers(tmp_path):
    tags = changed("0028,0103", "US", 0) | changed("0028,0120", "US", 63540) | changed("0028,0121", "US", 63536)
    assert read_tags(slice_file(tmp_path / "a.dcm", **tags)).padding == (63536, 63540)


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        (changed("0020,0032", "DS", None), "has no ImagePositionPatient"),
        (changed("0020,0037", "DS", None), "has no ImageOrientationPatient"),
        (changed("0028,0030", "DS", None), "has no PixelSpacing"),
        (changed("0020,0032", "DS", "a\\b\\c"), "its ImagePositionPatient is ['a', 'b', 'c']"),
        (changed("0020,0032", "DS", "1\\2"), "its ImagePositionPatient is [1, 2]"),
        (changed("0020,0032", "DS", "nan\\1\\2"), "its ImagePositionPatient is [nan, 1, 2]"),
        (changed("0020,0037", "DS", "1\\0\\0\\0\\0\\0"), "its ImageOrientationPatient is no pair of directions"),
        (changed("0028,0030", "DS", "-0.8\\0.9"), "its PixelSpacing is -0.8, 0.9 mm"),
        (changed("0028,0030", "DS", "0.8\\0"), "its PixelSpacing is 0.8, 0 mm"),
        (changed("0028,1053", "DS", "0"), "its RescaleSlope is 0"),
        (changed("0028,1053", "DS", "abc"), "its RescaleSlope is abc"),
        (changed("0028,1052", "DS", "inf"), "its RescaleIntercept is"),
        (changed("0028,3000", "SQ", [{}]), "a lookup table in place of slope and intercept"),
        (changed("0028,0004", "CS", "MONOCHROME1"), "its pixels are MONOCHROME1, dark where others are bright"),
        (changed("0028,0004", "CS", "RGB") | changed("0028,0002", "US", 3), "its pixels are RGB, not grey"),
        (changed("0028,0004", "CS", "PALETTE COLOR"), "its pixels are PALETTE COLOR"),
        (changed("0028,0010", "US", 6), "cannot be read as a slice"),
        (changed("0028,0010", "US", 3), "it declares 36 bytes of pixels and holds 60"),
        (changed("0028,0100", "US", 8), "it declares 30 bytes of pixels and holds 60"),
        (changed("0028,0100", "US", 13), "it declares 5 x 6 pixels of 13 bits"),
        (changed("0028,0010", "US", 65535) | changed("0028,0011", "US", 65535), "it declares 4294836225 pixels"),
        (changed("0028,0010", "US", 32000) | changed("0028,0011", "US", 32000), "it declares 1024000000 pixels"),
        (changed("0028,0010", "US", None), "cannot be read as a slice"),
        (changed("0028,0101", "US", 12), "its 12 stored bits end at bit 15, not 11"),
        (changed("0028,0102", "US", struct.pack("<300H", *[15] * 300)), "its 16 stored bits end at bit [15, 15, "),
        (changed("0028,0101", "US", struct.pack("<300H", *[16] * 300)), "cannot be read as a slice"),
        (changed("0028,0008", "IS", "3"), "cannot be read as a slice"),
        (changed("0028,0008", "IS", "-1"), "it declares 5 x 6 pixels"),
        (changed("0028,0008", "IS", "many"), "cannot be read as a slice"),
        (changed("7fe0,0010", "OW", None), "cannot be read as a slice"),
    ],
)
def test_tags_that_are_missing_or_contradict_the_pixels_are_refused(tmp_path, tags, said):
    with pytest.raises(InputError) as caught:
        read_tags(slice_file(tmp_path / "a.dcm", **tags))
    assert said in str(caught.value)
    assert "a.dcm: " in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("kept", [140, 300, 400, -9])
def test_a_cut_file_is_named(tmp_path, kept):
    path = slice_file(tmp_path / "a.dcm")
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InputError, match=r"a\.dcm: cannot be read as a slice of the series; export it again"):
        read_tags(path)


@pytest.mark.parametrize("length", [0xFFFFFFF0, 0x40000000])
def test_lengths_beyond_the_file_ask_for_no_memory(tmp_path, length):
    for tags in ({}, {"0029_1010": ("OB", b"12345678")}):
        path = slice_file(tmp_path / "a.dcm", **tags)
        content = bytearray(path.read_bytes())
        at = content.index(b"OB\0\0" if tags else b"OW\0\0", 300) + 4
        struct.pack_into("<I", content, at, length)
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"cannot be read as a slice|it declares 60 bytes of pixels and holds"):
            read_tags(path)


@pytest.mark.parametrize("missing", [0, 2, 100])
def test_pixels_of_many_bytes_stay_on_the_disk_and_are_counted(tmp_path, missing):
    path = write(tmp_path / "a.dcm", ct_slice(np.zeros((128, 64))))
    path.write_bytes(path.read_bytes()[: path.stat().st_size - missing])
    if not missing:
        assert read_tags(path).slices[0].shape == (128, 64)
        return
    with pytest.raises(InputError, match="cannot be read as a slice"):
        read_tags(path)


def test_a_kind_of_value_that_does_not_exist_is_refused_before_gdcm_sees_it(tmp_path):
    path = slice_file(tmp_path / "a.dcm")
    path.write_bytes(path.read_bytes().replace(b"\x03\0UI", b"\x03\0UJ"))
    with pytest.raises(InputError, match="cannot be read as a slice"):
        read_tags(path)


def test_objects_without_pixels_are_none(tmp_path):
    report = {"0008,0016": ("UI", "1.2.840.10008.5.1.4.1.1.481.3"), "0008,0060": ("CS", "RTSTRUCT")}
    assert read_tags(write(tmp_path / "a.dcm", report)) is None


def test_a_file_as_one_deflated_stream_is_not_unpacked(tmp_path):
    path = write(tmp_path / "a.dcm", ct_slice(HU[:, :, 0]), syntax="1.2.840.10008.1.2.1.99")
    with pytest.raises(InputError, match="it is one deflated stream"):
        read_tags(path)


def test_dicom_is_known_by_its_content(tmp_path):
    path = slice_file(tmp_path / "a")
    assert is_dicom(path)
    (tmp_path / "bare").write_bytes(path.read_bytes()[path.read_bytes().index(b"\x08\0\x16\0") :])
    assert is_dicom(tmp_path / "bare")
    assert read_tags(tmp_path / "bare").rescale == [(1.0, -1024.0)]
    (tmp_path / "text").write_text("no DICOM " * 50)
    assert not is_dicom(tmp_path / "text")
    assert not is_dicom(tmp_path)


def test_frames_have_places_and_scales_of_their_own_or_shared_ones(tmp_path):
    def change(groups, z):
        return {"0028,9145": ("SQ", [{"0028,1052": ("DS", numbers(-1000 + z)), "0028,1053": ("DS", "2")}])}

    file = read_tags(enhanced_ct(tmp_path / "a.dcm", HU, change))
    assert [one.name for one in file.slices] == ["frame 1", "frame 2", "frame 3", "frame 4"]
    assert [one.position[2] for one in file.slices] == [55, 57, 59, 61]
    assert file.rescale == [(2, -1000), (2, -999), (2, -998), (2, -997)]
    shared = {"5200_9229": ("SQ", [{"0020,9116": ("SQ", [{"0020,0037": ("DS", "0\\1\\0\\0\\0\\-1")}])}])}
    file = read_tags(enhanced_ct(tmp_path / "b.dcm", HU, lambda groups, z: {"0020,9116": ("SQ", None)}, **shared))
    np.testing.assert_array_equal(file.slices[3].directions, [[0, 1, 0], [0, 0, -1]])


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({"5200_9230": ("SQ", None)}, "its 4 frames have no positions; give the original CT series"),
        ({"5200_9230": ("SQ", [{}])}, "it has 4 frames and positions for 1"),
        ({"5200_9230": ("SQ", [{}, {}, {}, {}])}, "has no ImagePositionPatient"),
        ({"0028_0004": ("CS", "RGB"), "0028_0002": ("US", 3)}, "its pixels are RGB"),
    ],
)
def test_frames_without_a_place_or_with_colours_are_refused(tmp_path, tags, said):
    with pytest.raises(InputError, match=said):
        read_tags(enhanced_ct(tmp_path / "a.dcm", HU, **tags))


def test_compressed_pixels_have_no_length_to_compare(tmp_path):
    fragments = b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(part)) + part for part in (b"", b"q" * 60))
    path = write(tmp_path / "a.dcm", ct_slice(HU[:, :, 0]) | {"7fe0,0010": ("OB", None)}, syntax=JPEG2000)
    pixels = struct.pack("<HH", 0x7FE0, 0x10) + b"OB\0\0\xff\xff\xff\xff" + fragments
    path.write_bytes(path.read_bytes() + pixels + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0))
    assert len(read_tags(path).slices) == 1
