import csv
from dataclasses import asdict

import pytest

from labelct.commands.masks import RECORD
from labelct.commands.volume_table import NAME, write_table
from labelct.errors import InputError
from labelct.evaluation.volumetry import StructureMeasurement
from labelct.writing import write_json


def leave(folder, case, *measured, ending=".nii.gz"):
    """Leave a mask and its record."""
    (folder / f"{case}{ending}").touch()
    write_json(folder / f"{case}{RECORD}", {"volumes": [asdict(one) for one in measured]})


def rows(folder):
    return list(csv.DictReader((folder / NAME).read_text().splitlines()))


def test_every_mask_of_a_folder_has_its_lines_and_a_new_one_of_a_case_takes_their_place(tmp_path):
    leave(
        tmp_path,
        "b",
        StructureMeasurement("liver", 8, 1.23456, 98.765, 10.0, ()),
        StructureMeasurement("spleen", 0, 0.0, None, None, None),
    )
    leave(tmp_path, "a", StructureMeasurement("liver", 3, 0.5, -2.0, 0.0, ("left", "superior")), ending=".seg.nrrd")
    write_table(tmp_path)
    liver = {
        "structure": "liver",
        "voxels": "8",
        "volume_ml": "1.235",
        "mean_hu": "98.77",
        "sd_hu": "10.00",
        "truncated": "no",
    }
    spleen = {"structure": "spleen", "voxels": "0", "volume_ml": "0.000", "mean_hu": "", "sd_hu": "", "truncated": ""}
    assert rows(tmp_path)[0]["truncated"] == "left superior"
    assert rows(tmp_path)[1:] == [{"case": "b", **liver}, {"case": "b", **spleen}]
    leave(tmp_path, "b", StructureMeasurement("liver", 9, 2.0, 1.0, 1.0, ()))
    write_table(tmp_path)
    assert [(row["case"], row["voxels"]) for row in rows(tmp_path)] == [("a", "3"), ("b", "9")]
    (tmp_path / "b.nii.gz").unlink()
    write_table(tmp_path)
    assert [row["case"] for row in rows(tmp_path)] == ["a"]


def test_a_table_that_says_the_same_is_left_alone(tmp_path):
    leave(tmp_path, "a", StructureMeasurement("liver", 3, 0.5, 1.0, 0.0, ()))
    write_table(tmp_path)
    before = (tmp_path / NAME).stat().st_mtime_ns
    write_table(tmp_path)
    assert (tmp_path / NAME).stat().st_mtime_ns == before


def test_a_record_that_does_not_say_whether_a_structure_is_whole_leaves_it_open(tmp_path):
    leave(tmp_path, "a")
    known = {
        name: value
        for name, value in asdict(StructureMeasurement("liver", 3, 0.5, 1.0, 0.0, ())).items()
        if name != "truncated"
    }
    write_json(tmp_path / f"a{RECORD}", {"volumes": [known]})
    write_table(tmp_path)
    assert [row["truncated"] for row in rows(tmp_path)] == [""]


def test_a_damaged_record_is_named(tmp_path):
    leave(tmp_path, "a")
    write_json(tmp_path / f"a{RECORD}", {"volumes": [{"structure": "liver"}]})
    with pytest.raises(InputError, match=r"a\.made_from\.json: its volumes are no table"):
        write_table(tmp_path)
