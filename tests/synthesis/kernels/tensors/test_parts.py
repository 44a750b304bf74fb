from __future__ import annotations

import numpy as np
import pytest

from labelct.synthesis.kernels import UNLABELLED, arrays, tensors
from labelct.synthesis.kernels.tensors.voxels import host, put

RNG, SHAPE = np.random.default_rng(0), (19, 12, 15)
PARTS = RNG.integers(0, 5, SHAPE).astype(np.uint16)
PARTS[:4] = 5
PIXELS = RNG.integers(0, 256, 4000).astype(np.uint8)


def tables() -> tuple:
    lower = [[RNG.integers(0, 900, (7, n)), RNG.integers(0, 900, (7, n)), RNG.integers(0, 256, (7, n))] for n in SHAPE]
    lower[2][2][:, ::3] = 0
    return tuple(tuple(rows) for rows in lower)


def test_parts_are_composed_as_in_arrays(device: str) -> None:
    background = RNG.integers(0, 3, SHAPE).astype(np.uint8)
    lookup = np.array([UNLABELLED, 7, UNLABELLED, 900, 65534, 1], np.uint16)
    expected = arrays.compose_parts(PARTS, background, lookup)
    for labels in (PARTS, PARTS.astype(np.uint8)):
        found = tensors.compose_parts(put(labels, device), put(background, device), lookup)
        assert np.array_equal(host(found), expected)


def test_boxes_are_those_of_arrays(device: str) -> None:
    for parts in (PARTS, np.where(np.arange(15) == 7, PARTS, 0).astype(np.uint8)):
        assert np.array_equal(tensors.bounding_boxes(put(parts, device), 8), arrays.bounding_boxes(parts, 8))


@pytest.mark.parametrize("source", [[0, 1, 2, 1, 0, 1, 1], [2] * 7, [1] * 7])
def test_greys_their_counts_and_their_hu_are_those_of_arrays(source: list[int], device: str) -> None:
    seeds = RNG.integers(0, 2**64 - 1, 7, dtype=np.uint64, endpoint=True)
    read = (np.array(source, np.uint8), PIXELS, tables(), seeds)
    expected, counts = arrays.read_greys(PARTS, *read)
    found, counted = tensors.read_greys(put(PARTS, device), *read)
    assert np.array_equal(host(found), expected)
    assert np.array_equal(counted, counts)
    table = RNG.normal(0, 300, (7, 256)).astype(np.float32)
    volume = tensors.look_up(put(PARTS, device), found, table)
    assert np.array_equal(host(volume), arrays.look_up(PARTS, expected, table))
    assert np.array_equal(host(tensors.look_up(put(PARTS, device), None, table)), table[:, 0][PARTS])


def test_another_bank_is_read_after_the_first(device: str) -> None:
    fixed = np.ones(7, np.uint8), tables(), np.zeros(7, np.uint64)
    for pixels in (PIXELS, PIXELS[::-1].copy()):
        greys, _ = tensors.read_greys(put(PARTS, device), fixed[0], pixels, *fixed[1:])
        assert np.array_equal(host(greys), arrays.read_greys(PARTS, fixed[0], pixels, *fixed[1:])[0])
