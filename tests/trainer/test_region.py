"""A region keeps a margin around its structures, and never less than a network sees at once."""

import numpy as np

from labelct.trainer.region import Region, box_of_voxels, grown, within

INNER = (slice(10, 14), slice(20, 22), slice(5, 6))


def test_a_box_has_its_margin_in_millimetres_on_every_side():
    region = Region(("gallbladder",), 6.0, (0.0, 0.0, 0.0))
    assert region.around(INNER, (2.0, 3.0, 4.0)) == (slice(7, 17), slice(18, 24), slice(3, 8))


def test_a_box_is_at_least_what_a_network_sees_about_the_same_centre():
    assert grown(slice(10, 14), 1.0, 16.0) == slice(4, 20)
    assert grown(slice(10, 30), 1.0, 16.0) == slice(9, 31)


def test_what_lies_beyond_a_volume_is_left_out():
    assert within((slice(-3, 9), slice(2, 30), slice(0, 4)), (8, 20, 4)) == (slice(0, 8), slice(2, 20), slice(0, 4))


def test_a_patch_about_any_voxel_of_a_region_lies_in_its_context():
    region = Region(("gallbladder",), 6.0, (16.0, 16.0, 24.0))
    box, wide = (one.around(INNER, (1.0, 1.0, 1.0)) for one in (region, region.with_context()))
    for inner, outer, least in zip(box, wide, region.least_mm, strict=True):
        assert outer.start <= INNER[0].start
        assert outer.start <= inner.start + 6 - least / 2
        assert outer.stop >= inner.stop - 6 + least / 2


def test_a_box_holds_all_voxels_and_no_more():
    voxels = np.array([[3, 4, 5], [1, 9, 5]]), np.array([[2, 4, 7]])
    assert box_of_voxels(*voxels) == (slice(1, 4), slice(4, 10), slice(5, 8))
