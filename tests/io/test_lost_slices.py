from __future__ import annotations

import pytest

from labelct.errors import InputError
from labelct.io.dicom import read_series
from tests.io.dicoms import ct_series


@pytest.mark.parametrize("bytes_left", [0, 131])
@pytest.mark.parametrize("which", [0, -1])
def test_a_slice_that_a_copy_has_begun_is_not_left_out(tmp_path, hu, bytes_left, which):
    """At either end of a series nothing else would tell that it is too short."""
    folder = ct_series(tmp_path / "series", hu)
    cut = sorted(folder.iterdir())[which]
    cut.write_bytes(cut.read_bytes()[:bytes_left])
    with pytest.raises(InputError, match=rf"{cut.name}: has {bytes_left} bytes and no slice in it; copy it again"):
        read_series(folder)
    (folder / ".hidden.dcm").touch()
    cut.unlink()
    assert read_series(folder).array.shape[2] == 3


@pytest.mark.parametrize("name", ["IM{}", "1.2.840.{}", "MR.1.IMA{}"])
@pytest.mark.parametrize("content", [b"", bytes(600), b"<html>"])
def test_a_slice_is_known_by_a_name_like_those_of_the_others_whatever_its_ending(tmp_path, hu, name, content):
    folder = ct_series(tmp_path / "series", hu)
    for path in folder.iterdir():
        path.rename(folder / name.format(path.stem))
    (folder / "VERSION").write_text("3")
    assert read_series(folder).array.shape[2] == hu.shape[2]
    (folder / name.format(99)).write_bytes(content)
    with pytest.raises(InputError, match=rf"{name.format(99)}: .*copy it again"):
        read_series(folder)


@pytest.mark.parametrize("ending", [".gz", ".zst", ".part", ".crdownload"])
def test_a_slice_that_is_packed_or_not_yet_whole_is_not_left_out(tmp_path, hu, ending):
    folder = ct_series(tmp_path / "series", hu)
    beside = folder / f"99.dcm{ending}"
    beside.write_bytes(b"\x1f\x8b" + bytes(400))
    assert read_series(folder).array.shape[2] == hu.shape[2], "its slice is there"
    (folder / "99.dcm").unlink()
    with pytest.raises(InputError, match=rf"99\.dcm{ending}: is a slice that is packed, or that a copy has begun"):
        read_series(folder)


@pytest.mark.parametrize(
    ("content", "kind"), [(bytes(400), ""), (b"<!DOCTYPE html>" + b" " * 400, " but a page of the web")]
)
def test_a_slice_that_is_no_dicom_any_more_is_not_left_out(tmp_path, hu, content, kind):
    folder = ct_series(tmp_path / "series", hu)
    sorted(folder.iterdir())[-1].write_bytes(content)
    with pytest.raises(InputError, match=rf"99\.dcm: is called as DICOM and is none{kind}; copy it again"):
        read_series(folder)
