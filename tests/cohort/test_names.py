from __future__ import annotations

import json
from pathlib import Path

import pytest

from labelct.cohort import names
from labelct.errors import InputError, SettingError


def test_the_presets_are_those_of_totalsegmentator():
    v1, v2 = names.preset("totalsegmentator_v1"), names.preset("totalsegmentator_v2")
    assert sorted(v2) == list(range(1, 118))
    assert sorted(v1) == list(range(1, 105))
    assert (v2[5], v2[52], v2[117]) == ("liver", "aorta", "costal_cartilages")
    assert (v1[7], v1[10], v1[104]) == ("aorta", "pancreas", "urinary_bladder")


def test_classes_of_v1_alone_get_values_above_those_of_v2():
    known = names.totalsegmentator()
    assert set(known.values()) == set(names.preset("totalsegmentator_v1").values()) | set(
        names.preset("totalsegmentator_v2").values()
    )
    assert {name for value, name in known.items() if value > 117} == set(
        names.preset("totalsegmentator_v1").values()
    ) - set(names.preset("totalsegmentator_v2").values())
    assert max(known) < 256


def test_names_come_from_a_mapping_a_preset_or_a_file(tmp_path):
    (tmp_path / "names.json").write_text(json.dumps({"0": "background", "2": "liver"}), encoding="utf-8")
    assert names.resolve({1: "liver"}, tmp_path) == {1: "liver"}
    assert names.resolve("totalsegmentator_v2", tmp_path) == names.preset("totalsegmentator_v2")
    assert names.resolve("names.json", tmp_path) == {2: "liver"}


@pytest.mark.parametrize(
    "text",
    [
        *("[1]", "no json", '{"liver": 1}', '{"1": "liver", "2": "liver"}', '{"1": "liver", "01": "spleen"}'),
        *('{"1": "liver", "1": "spleen"}', '{"' + "9" * 5000 + '": "liver"}'),
    ],
)
def test_a_names_file_of_another_form_is_named(tmp_path, text):
    (tmp_path / "names.json").write_text(text)
    with pytest.raises(InputError, match=r"names\.json: ") as error:
        names.resolve("names.json", tmp_path)
    assert len(str(error.value)) < 400


class Compared(str):
    """A name that counts how often it is held against another."""

    count = 0
    __hash__ = str.__hash__

    def __eq__(self, other):
        Compared.count += 1
        return str.__eq__(self, other)


def test_no_name_of_a_long_table_is_held_against_all_others():
    many = {value: Compared(f"structure_{value}") for value in range(1, 2000)}
    names.resolve(many, Path())
    assert Compared.count < 2 * len(many)


@pytest.mark.parametrize("name", ["background", "Background "])
def test_background_has_no_other_value_than_zero(name):
    with pytest.raises(SettingError, match=r"0 for .*it is no structure"):
        names.resolve({0: "liver", 1: name}, Path())
    assert names.resolve({0: name, 1: "liver"}, Path()) == {1: "liver"}


def test_a_missing_names_file_says_what_else_is_possible(tmp_path):
    with pytest.raises(InputError, match=r"absent\.json: no such file; .*totalsegmentator_v2"):
        names.resolve("absent.json", tmp_path)


def test_merging_takes_the_value_of_the_class_of_that_name():
    assert names.merged({1: "liver", 2: "liver_tumor"}, {"liver_tumor": "liver"}) == ({1: "liver"}, {2: 1})


def test_merging_into_a_new_name_takes_the_lowest_value():
    table = {1: "spleen", 2: "kidney_right", 3: "kidney_left"}
    merge = {"kidney_right": "kidneys", "kidney_left": "kidneys"}
    assert names.merged(table, merge) == ({1: "spleen", 2: "kidneys"}, {3: 2})


def test_merging_what_is_not_there_suggests_a_name():
    with pytest.raises(SettingError, match="did you mean 'liver'"):
        names.merged({1: "liver"}, {"livre": "organ"})
    with pytest.raises(SettingError, match="not merged"):
        names.merged({1: "a", 2: "b"}, {"a": "b", "b": "c"})
