from itertools import combinations

from labelct.evaluation.palette import PALETTE, colour, colours, rgb


def test_structures_have_colours_that_can_be_told_apart():
    made = [rgb(colour(number)) for number in range(120)]
    assert len(set(made)) == 120
    near = [sum(abs(a - b) for a, b in zip(one, other, strict=True)) for one, other in combinations(made[:30], 2)]
    assert min(near) > 20


def test_a_colour_goes_by_the_order_of_the_values():
    assert colours({"spleen": 7, "liver": 1}) == {1: PALETTE[0], 7: PALETTE[1]}
    assert rgb("#ff8a4c") == (255, 138, 76)
