"""What the stored values of `labelct.io.dicom` become: scales of slices and frames, signs, padding."""

import numpy as np
import pytest

from labelct.errors import InputError
from labelct.io.dicom import read_series
from tests.io.dicoms import ct_series, enhanced_ct


def test_every_slice_is_scaled_by_its_own_tags(tmp_path, hu):
    def change(tags, z):
        stored = (hu[:, :, z].T / 2 + (0 if z == 0 else 512)).astype(np.int16)
        scale = {"0028,1052": ("DS", "0" if z == 0 else "-1024"), "0028,1053": ("DS", "2")}
        return scale | {"7fe0,0010": ("OW", stored.tobytes())}

    hu = hu // 2 * 2
    volume = read_series(ct_series(tmp_path / "series", hu, change))
    np.testing.assert_array_equal(volume.array, hu[::-1, ::-1])
    assert volume.array.min() < -500


@pytest.mark.parametrize(("tag", "said"), [("0028,1052", "RescaleIntercept, .* -1024"), ("0028,1053", "RescaleSlope")])
def test_a_scale_that_some_slices_leave_out_is_not_guessed(tmp_path, hu, tag, said):
    scale = {"0028,1052": ("DS", "-1024"), "0028,1053": ("DS", "2")}
    lacking = {name: entry for name, entry in scale.items() if name != tag}
    with pytest.raises(InputError, match=rf"a slice in 98\.dcm has no {said}"):
        read_series(ct_series(tmp_path / "series", hu, lambda tags, z: scale | ({tag: ("DS", None)} if z == 1 else {})))
    frames = enhanced_ct(tmp_path / "a.dcm", hu, lambda groups, z: {"0028,9145": ("SQ", [scale if z else lacking])})
    with pytest.raises(InputError, match=rf"a slice in a\.dcm has no {said}"):
        read_series(frames)
    harmless = ct_series(tmp_path / "ones", hu, lambda tags, z: {"0028,1053": ("DS", None)} if z else {})
    np.testing.assert_array_equal(read_series(harmless).array, hu[::-1, ::-1])


def test_slices_of_signed_and_unsigned_pixels_are_one_volume(tmp_path, hu):
    unsigned = {"0028,0103": ("US", 0)}
    volume = read_series(ct_series(tmp_path / "series", hu, lambda tags, z: unsigned if z % 2 else {}))
    np.testing.assert_array_equal(volume.array, hu[::-1, ::-1])


@pytest.mark.parametrize("signed", [0, 1])
def test_padding_is_air_or_below_whatever_its_sign(tmp_path, hu, signed):
    def change(tags, z):
        stored = (hu[:, :, z].T + 1024).astype(np.int16)
        stored[0, :] = -2000
        pixels = {"7fe0,0010": ("OW", stored.tobytes()), "0028,0103": ("US", signed)}
        return pixels | {"0028,0120": ("SS", -2000)}

    array = read_series(ct_series(tmp_path / "series", hu, change)).array
    assert array[:, -1].max() <= -1024
    np.testing.assert_array_equal(array[:, :-1], hu[::-1, :0:-1])


def test_a_range_of_padding_is_air(tmp_path, hu):
    def change(tags, z):
        stored = (hu[:, :, z].T + 1024).astype(np.uint16)
        stored[0, :3] = 63536, 63538, 63540
        padding = {"0028,0120": ("US", 63536), "0028,0121": ("US", 63540)}
        return padding | {"7fe0,0010": ("OW", stored.tobytes()), "0028,0103": ("US", 0)}

    array = read_series(ct_series(tmp_path / "series", hu, change)).array
    assert (array[-3:, -1] == -1024).all()
    np.testing.assert_array_equal(array[:, :-1], hu[::-1, :0:-1])


@pytest.mark.parametrize("scale", ["shared", "none"])
def test_a_scale_that_all_frames_share_is_applied_once(tmp_path, hu, scale):
    shared = {"5200_9229": ("SQ", [{"0028,9145": ("SQ", [{"0028,1052": ("DS", "-1024"), "0028,1053": ("DS", "1")}])}])}
    bare = {"0028,9145": ("SQ", None)}
    path = enhanced_ct(tmp_path / "ct.dcm", hu, lambda groups, z: bare, **(shared if scale == "shared" else {}))
    np.testing.assert_array_equal(read_series(path).array, hu[::-1, ::-1] + (0 if scale == "shared" else 1024))
