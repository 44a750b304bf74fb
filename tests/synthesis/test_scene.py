from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from labelct.errors import InputError
from labelct.synthesis import drop
from labelct.synthesis.case import Case
from labelct.synthesis.scene import Layer
from tests.synthesis.cases import scene, where


def large(case: Case) -> Case:
    names = {value * 100000: name for value, name in case.names.items()}
    return replace(case, label_map=case.label_map.astype(np.int32) * 100000, names=names)


def test_it_begins_with_the_case_in_small_numbers(case: Case) -> None:
    for one in (case, large(case)):
        given = scene(one)
        assert given.label_map.dtype.itemsize <= 2
        assert set(given.present.values()) == set(case.names.values())
        for name in case.names.values():
            assert np.array_equal(given.where({name}), where(case, name))
        assert given.spacing == case.spacing


def test_a_large_value_without_a_name_is_told_as_it_was_given(case: Case) -> None:
    one = large(case)
    one.label_map[0, 0, 0] = 123456
    with pytest.raises(InputError, match="the value 123456 has no name"):
        scene(one)
    scene(one, "clinical")


def test_the_present_names_are_those_of_the_label_map_now(case: Case) -> None:
    given = scene(case)
    assert len(given.present) == 4
    given.set_label_map(np.where(case.label_map == 5, np.uint8(7), np.uint8(0)), {7: "lesion", 9: "nowhere"})
    assert given.present == {7: "lesion"}
    assert np.array_equal(given.where({"lesion", "liver"}), where(case, "liver"))


def test_the_ct_is_warped_when_it_is_asked_for_and_once(case: Case) -> None:
    assert scene(case).ct is None
    plain = scene(replace(case, ct=np.ones(case.label_map.shape, np.int16)))
    assert plain.ct.dtype == np.float32
    asked, given = [], scene(replace(case, ct=np.ones(case.label_map.shape)))
    given.warp = lambda ct: asked.append(ct) or 2 * ct
    assert not asked
    assert (given.ct == 2).all()
    assert given.ct is given.ct
    assert len(asked) == 1


def test_a_layer_numbers_what_is_added() -> None:
    layer = Layer(np.zeros((1, 1, 1), np.uint8), ["_air", "_fat"])
    assert layer.add("_lung", "_heart") == {"_lung": 2, "_heart": 3}
    assert layer.names == ["_air", "_fat", "_lung", "_heart"]


def test_labels_lie_over_the_background_and_its_own_classes_are_part_of_it(case: Case) -> None:
    case.names.update({20: "_fat", 31: "_soft"})
    given = scene(case, "synth2")
    drop.apply(given, {"pasted": ["liver"], "dropped": ["spleen"]})
    given.background = Layer(np.full(case.label_map.shape, 2, np.uint8), ["_air", "_fat", "_body"])
    found = given.layout()
    assert found.names == ["_air", "_fat", "_body", "liver"]
    expected = np.full(case.label_map.shape, 2)
    expected[case.label_map == 5] = 3
    expected[case.label_map == 20] = 1
    assert np.array_equal(found.numbers, expected)
