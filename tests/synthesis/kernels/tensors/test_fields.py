from __future__ import annotations

import numpy as np
import pytest

from labelct.synthesis.kernels import HU_LEVELS, arrays, tensors
from labelct.synthesis.kernels.tensors.voxels import host, put
from tests.synthesis.cases import trunk

SPACING, PARTS = (4.0, 4.0, 5.0), trunk().label_map.astype(np.uint16)
ROW = np.zeros(33, np.uint16)
ROW[[1, 5, 20, 32]] = [2, 1, 3, 4]  # 32 is nowhere


@pytest.mark.parametrize("control_point_spacing_mm", [7.0, 40.0])
def test_levels_and_their_counts_are_those_of_arrays(control_point_spacing_mm: float, device: str) -> None:
    drawn = (ROW, SPACING, control_point_spacing_mm, [7, 2**53 - 1, 9, 10])
    expected, counts = arrays.blob_levels(PARTS, *drawn)
    found, counted = tensors.blob_levels(put(PARTS, device), *drawn)
    assert np.array_equal(host(found), expected)
    assert np.array_equal(counted[1:], counts[1:])


def test_organs_are_counted_and_renumbered_as_in_arrays(device: str) -> None:
    rng = np.random.default_rng(0)
    hu = rng.normal(0, 900, PARTS.shape).astype(np.float32)
    hu[:3] = np.arange(3)[:, None, None] - 0.5  # halves are rounded to even numbers
    levels = arrays.hu_levels(hu)
    there, parts, numbers = tensors.hu_levels(put(hu, device)), PARTS.copy(), put(PARTS, device)
    assert np.array_equal(host(there), levels)
    counts = arrays.count_levels(PARTS, ROW, levels, 5)
    assert np.array_equal(tensors.count_levels(numbers, ROW, there, 5), counts)
    table = rng.integers(0, 60000, (5, HU_LEVELS)).astype(np.uint16)
    arrays.renumber(parts, ROW, levels, table)
    tensors.renumber(numbers, ROW, there, table)
    assert np.array_equal(host(numbers), parts)
