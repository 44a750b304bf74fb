from __future__ import annotations

import numpy as np
import pytest

from labelct.phantom import skeleton


def test_a_mirrored_path_is_on_the_other_side() -> None:
    path = skeleton.mirror(skeleton.FEMUR, -1)
    assert np.array_equal(path[:, 0], -skeleton.FEMUR[:, 0])
    assert np.array_equal(path[:, 1:], skeleton.FEMUR[:, 1:])


@pytest.mark.parametrize("number", sorted(skeleton.RIBS))
def test_a_rib_runs_from_the_spine_down_and_forward(number: int) -> None:
    right, left = skeleton.rib_path(number, 1), skeleton.rib_path(number, -1)
    assert np.allclose(right * [-1, 1, 1, 1], left)
    assert right[0, 0] > 0
    assert right[0, 2] > right[-1, 2]
    assert right[0, 1] < right[-1, 1]


def test_vertebrae_lie_above_each_other_without_a_gap_of_a_body() -> None:
    heights = [values[0] for values in skeleton.VERTEBRAE.values()]
    half = [values[4] for values in skeleton.VERTEBRAE.values()]
    assert heights == sorted(heights)
    gaps = np.diff(heights) - np.array(half[:-1]) - np.array(half[1:])
    assert (gaps > 0).all()
    assert (gaps < 12).all()
