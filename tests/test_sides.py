"""Sides are found however a name is spelled, and exchanged in the same spelling."""

import pytest

from labelct.sides import LEFT, RIGHT, other_side, sides

PAIRS = [
    ("kidney_left", "kidney_right"),
    ("left lung", "right lung"),
    ("lung-left", "lung-right"),
    ("Left-Kidney", "Right-Kidney"),
    ("LEFT KIDNEY", "RIGHT KIDNEY"),
    ("kidney_L", "kidney_R"),
    ("l kidney", "r kidney"),
    ("LeftKidney", "RightKidney"),
    ("kidneyLeft", "kidneyRight"),
    ("LKidney", "RKidney"),
    ("KidneyL", "KidneyR"),
    ("kidney (left)", "kidney (right)"),
    ("kidney.lt", "kidney.rt"),
    ("leftkidney", "rightkidney"),
    ("kidneyleft", "kidneyright"),
    ("rib_left_3", "rib_right_3"),
    ("lung_upper_lobe_left", "lung_upper_lobe_right"),
]


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_a_side_is_found_and_exchanged(left, right):
    assert (sides([left]), sides([right])) == ({LEFT}, {RIGHT})
    assert (other_side(left), other_side(right)) == (right, left)
    assert sides([left, right]) == {LEFT, RIGHT}


@pytest.mark.parametrize("name", ["liver", "leftover", "cleft", "bright_spot", "vertebrae_L1", "L5", "colon", "", "S1"])
def test_other_words_have_none(name):
    assert sides([name]) == frozenset()
    assert other_side(name) == name
