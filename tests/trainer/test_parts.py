import json

import pytest

from labelct.errors import InputError
from labelct.evaluation.components import Parts
from labelct.trainer.parts import read_parts, write_parts

LIVER = {"liver": 1}


def test_what_is_written_is_read(tmp_path):
    parts = {"liver": Parts(1), "kidneys": Parts(2, 65.5), "ribs": None}
    write_parts(tmp_path, parts)
    assert read_parts(tmp_path, {"liver": 1, "kidneys": 2, "ribs": 3}) == {1: Parts(1), 2: Parts(2, 65.5)}


def test_a_number_alone_is_read(tmp_path):
    (tmp_path / "components.json").write_text(json.dumps({"liver": 2}), encoding="utf-8")
    assert read_parts(tmp_path, LIVER) == {1: Parts(2)}


def test_a_model_without_the_file_is_known_by_its_sides(tmp_path):
    (tmp_path / "targets.json").write_text(json.dumps({"kidneys": ["kidney_left", "kidney_right"]}), encoding="utf-8")
    assert read_parts(tmp_path, {"kidneys": 1}) == {1: Parts(2)}
    assert read_parts(tmp_path, {"liver": 3}) == {3: Parts(1)}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({}, "its structures are not those of the model"),
        ({"spleen": 1}, "its structures are not those of the model"),
        ({"liver": 1, "spleen": 1}, "its structures are not those of the model"),
        ({"liver": 0}, "its counts are no whole numbers"),
        ({"liver": True}, "its counts are no whole numbers"),
        ({"liver": {"count": 2}}, "its counts are no whole numbers"),
        ({"liver": {"count": 2.0, "gap_mm": 1.0}}, "its counts are no whole numbers"),
        ({"liver": {"count": 2, "gap_mm": 1.0, "more": 1}}, "its counts are no whole numbers"),
        ({"liver": {"count": 2, "gap_mm": -1.0}}, "its gaps are no lengths in mm"),
        ({"liver": {"count": 2, "gap_mm": "far"}}, "its gaps are no lengths in mm"),
        ({"liver": {"count": 2, "gap_mm": float("inf")}}, "its gaps are no lengths in mm"),
    ],
)
def test_parts_are_those_of_the_models_structures(tmp_path, found, said):
    (tmp_path / "components.json").write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(InputError, match=rf"components\.json: {said}"):
        read_parts(tmp_path, LIVER)
