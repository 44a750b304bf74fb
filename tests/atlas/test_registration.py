import numpy as np
import pytest

from labelct.atlas.completion import dice
from labelct.atlas.registration import Organs, distances, halved, register, stretch, warped
from tests.atlas.bodies import NAMES, body

WHOLE = body(tuple(NAMES))


def organs(anatomy, *values):
    return Organs(anatomy.label_map, anatomy.spacing, values)


def test_a_stretched_map_is_found_by_places_and_sizes():
    scale, shift = stretch(organs(body((5, 1), 0.85), 5, 1), organs(WHOLE, 5, 1))
    assert scale == pytest.approx([1 / 0.85] * 3, rel=0.03)
    assert shift == pytest.approx([0.0] * 3, abs=5.0)


def test_an_organ_that_an_end_cuts_off_says_nothing_about_the_height():
    cut = body((5, 1)).label_map.copy()
    cut[:, :, :18] = 0  # most of the liver and the spleen
    cut = np.ascontiguousarray(cut[:, :, 18:])
    cut[:22, :, :2] = 0  # the spleen ends by itself
    scale, shift = stretch(Organs(cut, (5.0, 5.0, 5.0), (5, 1)), organs(WHOLE, 5, 1))
    alone, moved = stretch(Organs(cut, (5.0, 5.0, 5.0), (1,)), organs(WHOLE, 1))
    assert (scale[2], shift[2]) == pytest.approx((alone[2], moved[2]))


def test_a_distance_is_signed_and_clipped():
    found = distances(organs(WHOLE, 5))[0]
    assert found[30, 20, 18] == pytest.approx(-40, abs=4)
    assert found[0, 0, 0] == 40
    assert found[10, 20, 18] == pytest.approx(40, abs=1)
    assert abs(found[21:23, 20, 18]).max() <= 10


def test_half_a_grid_has_the_mean_of_eight_voxels():
    small = halved(np.arange(27, dtype=np.float32).reshape(1, 3, 3, 3))
    assert small.shape == (1, 2, 2, 2)
    assert small[0, 0, 0, 0] == pytest.approx(np.mean([0, 1, 3, 4, 9, 10, 12, 13]))


def test_shifted_organs_are_met_and_what_lies_between_goes_along():
    case = body((5, 1), 0.95, {5: (8.0, 6.0, 6.0), 1: (6.0, 6.0, -4.0)})
    found = register(organs(case, 5, 1), organs(WHOLE, 5, 1), 8.0)
    brought = warped(WHOLE.label_map, WHOLE.spacing, found, organs(case, 5, 1))
    for value in (5, 1):
        assert dice(brought == value, case.label_map == value) > 0.88
    assert (brought == 63).any()
    for value in (20, 31, 7):  # nothing is torn or lost
        ours, theirs = (brought == value).sum(), (WHOLE.label_map == value).sum()
        assert ours == pytest.approx(0.95**3 * theirs, rel=0.35)


def test_the_field_does_not_fold():
    case = body((5, 1), 1.0, {5: (15.0, 0.0, 0.0), 1: (15.0, 0.0, 0.0)})
    found = register(organs(case, 5, 1), organs(WHOLE, 5, 1), 8.0)
    places = found.places(case.label_map.shape, case.spacing, slice(None))
    jacobian = np.stack([np.stack(np.gradient(one, 5.0)) for one in places])
    assert np.linalg.det(np.moveaxis(jacobian, (0, 1), (-2, -1))).min() > 0


def test_what_an_atlas_does_not_reach_is_nothing():
    half = np.ascontiguousarray(WHOLE.label_map[:, :, 8:])
    moving = Organs(half, WHOLE.spacing, (5, 1))
    brought = warped(half, WHOLE.spacing, register(organs(body((5, 1)), 5, 1), moving, 8.0), organs(WHOLE, 5, 1))
    assert brought.shape == WHOLE.label_map.shape
    assert not brought[:, :, :5].any()


def test_organs_anywhere_in_a_large_map_are_met_alike():
    case = body((5, 1), 0.95, {5: (8.0, 6.0, 6.0), 1: (6.0, 6.0, -4.0)})
    large = np.pad(case.label_map, ((32, 16), (16, 32), (48, 16)))
    near, far = organs(case, 5, 1), Organs(large, case.spacing, (5, 1))
    ours, theirs = (
        warped(WHOLE.label_map, WHOLE.spacing, register(f, organs(WHOLE, 5, 1), 8.0), f) for f in (near, far)
    )
    theirs = theirs[32:-16, 16:-32, 48:-16]
    for value in (5, 1, 20):
        assert dice(ours == value, theirs == value) > 0.9
