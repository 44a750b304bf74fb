import numpy as np
import pytest

from labelct.atlas.completion import complete
from labelct.synthesis.case import Case
from tests.atlas.bodies import NAMES, SPACING, body

OWN = {"liver", "spleen"}
MOVED = {5: (8.0, 6.0, 6.0), 1: (6.0, 6.0, -4.0)}


@pytest.fixture(scope="module")
def made():
    case = body((5, 1), 0.95, MOVED)
    return case, complete(case, body(tuple(NAMES)), OWN, 8.0)


def where(anatomy, name):
    return anatomy.label_map == next(value for value, known in anatomy.names.items() if known == name)


def test_the_labels_of_the_map_are_as_they_were_and_no_other_voxel_is_one_of_them(made):
    case, found = made
    for name in OWN:
        np.testing.assert_array_equal(where(found.anatomy, name), where(case, name))


def test_the_structures_of_the_atlas_lie_around_them_whole(made):
    _, found = made
    assert set(found.anatomy.names.values()) == set(NAMES.values())
    for value, name in NAMES.items():
        if name not in OWN:
            assert where(found.anatomy, name).sum() > 0.5 * (body((value,)).label_map > 0).sum()


def test_every_common_organ_has_its_dice(made):
    _, found = made
    assert found.dice.keys() == OWN
    assert min(found.dice.values()) > 0.88


def test_what_the_map_labels_elsewhere_gives_way_to_what_is_soft():
    atlas = body(tuple(NAMES))
    atlas.label_map[atlas.label_map == 0] = 20  # all the rest is colon
    case = body((5,))
    case.label_map[30:] = 0  # half a liver: the atlas's reaches further, however it is bent
    found = complete(case, atlas, OWN, 8.0)
    assert not (where(found.anatomy, "liver") & (case.label_map == 0)).any()
    assert "spleen" not in found.anatomy.names.values()
    room = (body((5,)).label_map > 0) & (case.label_map == 0)
    assert where(found.anatomy, "colon")[room].mean() > 0.8
    bone = where(found.anatomy, "vertebrae_L1")
    assert bone.sum() < 1.6 * (body((31,)).label_map > 0).sum()


def test_an_organ_beyond_the_skin_of_the_atlas_gets_some():
    atlas = body((5, 1))
    names = {**atlas.names, 200: "_fat"}
    near = np.zeros(atlas.label_map.shape, bool)
    near[6:42, 8:30, 4:32] = True
    atlas.label_map[near & (atlas.label_map == 0)] = 200
    case = body((5, 1))
    case.label_map[20:26, 32:34, 14:20] = 5  # a lobe outside
    found = complete(case, Case(atlas.label_map, SPACING, names), OWN, 8.0).anatomy
    assert where(found, "_fat")[22, 34, 16]
    assert where(found, "_fat")[18, 33, 16] or where(found, "_fat")[19, 33, 16]


def test_maps_without_a_common_organ_are_told():
    assert complete(body((5,)), body((20, 31)), OWN, 8.0) is None


def test_one_pair_gives_the_same_bits_again(made):
    case, found = made
    again = complete(case, body(tuple(NAMES)), OWN, 8.0)
    np.testing.assert_array_equal(again.anatomy.label_map, found.anatomy.label_map)
