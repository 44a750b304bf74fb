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
    ("kidney_lft", "kidney_rgt"),
    ("Rgt Kidney", "Lft Kidney")[::-1],
    ("LEFTkidney", "RIGHTkidney"),
    ("ctx-lh-cuneus", "ctx-rh-cuneus"),
    ("Niere links", "Niere rechts"),
    ("riñón izquierdo", "riñón derecho"),
    ("pulmo sinister", "pulmo dexter"),
    ("左肺", "右肺"),
]


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_a_side_is_found_and_exchanged(left, right):
    assert (sides([left]), sides([right])) == ({LEFT}, {RIGHT})
    assert (other_side(left), other_side(right)) == (right, left)
    assert sides([left, right]) == {LEFT, RIGHT}


@pytest.mark.parametrize(
    "name",
    [
        "liver",
        "leftovers",
        "cleft",
        "bright_spot",
        "vertebrae_L1",
        "L5",
        "colon",
        "",
        "S1",
        "copyright",
        "Upright",
        "righteous",
        "lkidney",
        "rkidney",
        "lobe",
        "rib",
        "alter",
        "portal",
        "Läsion",
        "lésion",
        "Rückenmark",
        "Lésion",
        "løb",
        "sinus",
    ],
)
def test_other_words_have_none(name):
    assert sides([name]) == frozenset()
    assert other_side(name) == name


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("lkidney", "rkidney"),
        ("LLung", "RLung"),
        ("adrenal_lgland", "adrenal_rgland"),
        ("LUL", "RUL"),
        ("rib_l3", "rib_r3"),
        ("rein gauche", "rein droit"),
        ("jambe gauche", "jambe droite"),
    ],
)
def test_a_letter_before_a_word_is_a_side_where_its_pair_is_known(left, right):
    assert sides([left, right]) == {LEFT, RIGHT}
    assert sides([left], [left, right, "liver"]) == {LEFT}
    assert other_side(left, [left, right]) == right
    assert other_side(right, [left, right]) == left


def test_words_that_differ_in_such_a_letter_alone_are_none_without_each_other():
    assert sides(["lung", "rib", "lobe", "rectum", "liver"]) == frozenset()


@pytest.mark.parametrize("word", ["left", "LEFT", "Left", "lefT", "ｌｅｆｔ"])
@pytest.mark.parametrize("separator", [" ", "_", "-", ".", ", ", "/", ":", "(", "+", "\t", "\u00a0", "\u200b"])
def test_any_separator_and_case_will_do(word, separator):
    assert sides([f"lung{separator}{word}"]) == sides([f"{word}{separator}lung"]) == {LEFT}
