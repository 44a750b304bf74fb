from __future__ import annotations

import numpy as np
import pytest

from labelct.synthesis.kernels import arrays, tensors
from labelct.synthesis.kernels.tensors.voxels import host, put

RNG = np.random.default_rng(0)
DENSE, SPARSE = (RNG.random((17, 13, 11)) < share for share in (0.55, 0.03))
SPIRAL = np.ones((9, 9, 3), bool)  # whose outside winds inwards
for y, first, last in ((1, 0, 8), (3, 2, 6), (5, 4, 6), (7, 2, 8)):
    SPIRAL[first:last, y] = False
SPIRAL[7, 1:8], SPIRAL[2, 3:8], SPIRAL[5, 3:6] = False, False, False


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_lines_reach_as_far_as_in_arrays(axis: int, device: str) -> None:
    (first, last), (low, high) = tensors.extent(put(SPARSE, device), axis), arrays.extent(SPARSE, axis)
    assert np.array_equal(last, high)
    assert np.array_equal(first[last >= 0], low[high >= 0])


@pytest.mark.parametrize("spacing", [(2.0, 3.0), (0.7, 0.65)])
def test_distances_are_those_of_arrays_as_far_as_they_matter(spacing: tuple[float, ...], device: str) -> None:
    mask = SPARSE.copy()
    mask[:, :, 0], mask[:, :, 1] = True, False
    expected, most = arrays.distance(mask, spacing, 1e3), 3.1 * spacing[0]
    found = host(tensors.distance(put(mask, device), spacing, most))
    near = expected <= most
    assert near[:, :, 2:].any()
    assert found[near] == pytest.approx(expected[near], rel=1e-14)
    assert (found[~near] > most).all()
    assert np.array_equal(host(tensors.distance(put(mask, device), spacing, 1e3))[:, :, 1], expected[:, :, 1])


@pytest.mark.parametrize("mask", [DENSE, SPARSE, SPIRAL, ~SPIRAL, np.ones((1, 4, 2), bool)])
def test_holes_are_filled_as_in_arrays(mask: np.ndarray, device: str) -> None:
    assert np.array_equal(host(tensors.fill_holes(put(mask, device))), arrays.fill_holes(mask))


@pytest.mark.parametrize("mask", [DENSE, SPARSE, np.zeros((3, 4, 5), bool)])
def test_borders_are_those_of_arrays_in_their_order(mask: np.ndarray, device: str) -> None:
    assert np.array_equal(host(tensors.border(put(mask, device))), arrays.border(mask))


def test_a_coarse_mask_is_spread_as_in_arrays(device: str) -> None:
    fine = np.zeros((20, 13, 25), np.float32)
    expected = arrays.nearest(DENSE[:7, :, :9], (3, 1, 3), fine)
    assert np.array_equal(host(tensors.nearest(DENSE[:7, :, :9], (3, 1, 3), put(fine, device))), expected)
