import numpy as np
import pytest

from labelct.io.series import find_series, parts_of_series
from tests.io import dicoms

SAGITTAL, TILTED = dicoms.numbers(0, 1, 0, 0, 0, -1), dicoms.numbers(1, 0, 0, 0, 0.95, -0.312)


def write_series(folder, description="t2_tse_tra", number=3, slices=3, direction=None, modality="MR"):
    """Write slices of an MR series, its values those of a ramp."""
    for z in range(slices):
        tags = dicoms.ct_slice(np.arange(12).reshape(4, 3) + 100 * z, z, intercept=0)
        tags |= {"0008,0060": ("CS", modality), "0008,103e": ("LO", description), "0020,0011": ("IS", str(number))}
        tags["0020,000e"] = ("UI", f"1.2.3.{number}")
        if direction:
            tags["0020,0037"] = ("DS", direction)
        dicoms.write(folder / f"{z}.dcm", tags)


def test_every_folder_of_dicom_files_is_one_series(tmp_path):
    write_series(tmp_path / "study" / "a", number=4)
    write_series(tmp_path / "study" / "b", "t2_tse_sag", 5, 2, SAGITTAL)
    (tmp_path / "study" / "notes.txt").write_text("nothing")
    first, second = find_series(tmp_path)
    assert (first.path, first.description, first.number, first.files) == (tmp_path / "study" / "a", "t2_tse_tra", 4, 3)
    assert (first.modality, second.modality, second.files) == ("MR", "MR", 2)
    assert first.is_axial
    assert not second.is_axial


def test_a_tilted_series_is_axial_still(tmp_path):
    write_series(tmp_path / "a", direction=TILTED)
    (series,) = find_series(tmp_path)
    assert series.upright == pytest.approx(0.95)
    assert series.is_axial


def test_a_file_that_says_nothing_is_no_series(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "0.dcm").write_bytes(bytes(128) + b"DICM" + bytes(range(40)))
    assert [series.is_axial for series in find_series(tmp_path)] in ([], [False])


def test_folders_of_one_series_are_parts_of_it_unless_they_are_copies(tmp_path):
    hu = np.zeros((4, 3, 6))
    whole, copy, part = (dicoms.ct_series(tmp_path / name, hu) for name in ("whole", "copy", "part"))
    other = tmp_path / "other"
    write_series(other)
    assert parts_of_series([whole, copy, other]) == {}
    for name in ("94", "95", "96"):
        (whole / f"{name}.dcm").unlink()
        (part / f"{int(name) + 3}.dcm").unlink()
    assert parts_of_series([whole, part, other]) == {whole: part, part: whole}
