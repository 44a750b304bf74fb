from __future__ import annotations

import numpy as np
import pytest

from labelct.synthesis.kernels.arrays import voxels

MAP = np.array([0, 3, 7, 3], np.uint8).reshape(2, 2, 1)


@pytest.mark.parametrize(("largest", "dtype"), [(255, np.uint8), (256, np.uint16), (70000, np.uint32)])
def test_numbers_are_widened_only_where_they_must_be(largest: int, dtype: type) -> None:
    held = voxels.holding(MAP, largest)
    assert held.dtype == dtype
    assert (held is MAP) == (dtype is np.uint8)


def test_a_map_is_read_by_value() -> None:
    assert voxels.largest(MAP) == 7
    assert voxels.places(voxels.isin(MAP, [3])).tolist() == [1, 3]


def test_bins_hold_their_lower_edge_and_the_last_one_both() -> None:
    counts = voxels.histogram(np.array([0.0, 0.5, 1.0, 2.0, 2.5]), np.array([0.0, 1.0, 2.0]))
    assert counts.tolist() == [2, 2]
