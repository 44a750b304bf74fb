"""Targets know their parts, their values and their sides, and merge a label map."""

import numpy as np
import pytest

from labelct.errors import InputError, SettingError
from labelct.targets import Targets

KIDNEYS = {"kidneys": ["kidney_left", "kidney_right"], "liver": ["liver", "liver_lesion"]}


@pytest.mark.parametrize(
    ("entries", "parts"),
    [
        ("liver", {"liver": ["liver"]}),
        (["liver", "spleen"], {"liver": ["liver"], "spleen": ["spleen"]}),
        ([{"kidneys": ("kidney_left", "kidney_right")}, "liver"], {"kidneys": KIDNEYS["kidneys"], "liver": ["liver"]}),
        ({"organ": "liver", "other": ["spleen"]}, {"organ": ["liver"], "other": ["spleen"]}),
    ],
)
def test_they_are_read_from_a_name_a_list_or_a_mapping(entries, parts):
    found = Targets.of(entries)
    assert found.parts == parts
    assert found.names == list(parts)


def test_values_follow_the_order():
    targets = Targets(dict(reversed(KIDNEYS.items())))
    assert targets.names == ["liver", "kidneys"]
    assert targets.values == {"liver": 1, "kidneys": 2}
    assert len(targets) == 2
    assert targets.structures == {"kidney_left", "kidney_right", "liver", "liver_lesion"}


@pytest.mark.parametrize("name", ["background", "ignore"])
def test_names_that_nnunet_keeps_for_itself_are_refused(name):
    with pytest.raises(SettingError, match=f"allowed is another name; .*{name}"):
        Targets.of([{name: ["liver"]}])
    assert Targets.of([{"organ": [name]}]).structures == {name}


def test_what_no_loss_shall_see_has_the_value_above_all_others():
    assert Targets(KIDNEYS).ignore == 3


def test_none_and_too_many_are_refused():
    with pytest.raises(SettingError, match=r"targets=\[\]: allowed is one structure name or more"):
        Targets.of([])
    assert len(Targets.of([f"organ_{n}" for n in range(255)])) == 255
    with pytest.raises(InputError, match="targets: are 256; choose at most 255"):
        Targets.of([f"organ_{n}" for n in range(256)])


@pytest.mark.parametrize(
    ("entries", "lateral"),
    [
        (["kidney_left"], True),
        (["liver", "rib_right_3"], True),
        ([KIDNEYS], False),
        (["liver"], False),
        (["leftover"], False),
        (["Left-Kidney"], True),
        ([{"organ": ["left lung"]}], True),
        ([{"lungs": ["left lung", "right lung"]}], False),
    ],
)
def test_a_target_named_after_a_side_has_one(entries, lateral):
    assert Targets.of(entries).is_lateral is lateral


@pytest.mark.parametrize(
    ("parts", "components"),
    [
        (["kidney_left", "kidney_right"], 2),
        (["left lung", "right lung"], 2),
        (["Kidney (L)", "Kidney (R)"], 2),
        (["kidney_left"], 1),
        (["kidney_left", "liver"], 1),
        (["liver", "liver_lesion"], 1),
    ],
)
def test_only_a_left_and_a_right_structure_make_a_pair(parts, components):
    assert Targets({"other": ["spleen"], "one": parts}).components == {1: 1, 2: components}


def test_what_a_label_map_lacks_is_told_but_for_what_it_may_lack():
    targets = Targets(KIDNEYS)
    assert targets.missing(["liver", "spleen"]) == ["kidney_left", "kidney_right", "liver_lesion"]
    assert targets.missing(["liver", "kidney_left", "kidney_right"], ["liver_lesion", None]) == []


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.int64])
def test_a_label_map_is_merged(dtype):
    factor = 100000 if np.iinfo(dtype).max > 70000 else 1
    label_map = np.arange(6, dtype=dtype).reshape(1, 2, 3) * factor
    names = {1: "kidney_left", 2: "spleen", 3: "kidney_right", 4: "liver", 5: "liver_lesion"}
    names = {value * factor: name for value, name in names.items()}
    merged = Targets(KIDNEYS).merge(label_map, names)
    assert merged.dtype == np.uint8
    assert merged.ravel().tolist() == [0, 1, 0, 1, 2, 2]
    assert Targets(KIDNEYS).merge(label_map, names, ["liver", "spleen"]).ravel().tolist() == [0, 1, 0, 1, 0, 2]


def test_values_that_are_no_target_or_have_no_name_are_background():
    label_map = np.array([[[0, 1, 2, 9]]], np.uint8)
    assert Targets({"liver": ["liver"]}).merge(label_map, {1: "spleen", 2: "liver"}).ravel().tolist() == [0, 0, 1, 0]
    assert not Targets({"liver": ["liver"]}).merge(label_map, {}).any()
