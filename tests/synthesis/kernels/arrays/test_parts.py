from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import find_objects

from labelct.synthesis.kernels.arrays.parts import (
    UNLABELLED,
    bounding_boxes,
    compose_parts,
    look_up,
    read_greys,
    scramble,
)
from tests.synthesis.cases import threads

SHAPE = (40, 12, 15)
RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 4, SHAPE).astype(np.uint16)


def no_tables(parts: int) -> tuple:
    return tuple(tuple(np.zeros((parts, n), np.int64) for _ in range(3)) for n in SHAPE)


def test_labels_cover_the_background_but_where_they_let_it_show() -> None:
    background = RNG.integers(0, 3, SHAPE).astype(np.uint8)
    lookup = np.array([UNLABELLED, 7, UNLABELLED, 9], np.uint16)
    parts = compose_parts(LABELS, background, lookup)
    assert np.array_equal(parts, np.where(LABELS == 1, 7, np.where(LABELS == 3, 9, background)))


def test_boxes_are_those_of_scipy_and_stop_at_0_where_a_part_is_absent() -> None:
    parts = np.zeros(SHAPE, np.uint16)
    parts[3:21, 4:6, 1:15] = 2
    parts[39, 11, 0] = 4
    boxes = bounding_boxes(parts, 6)
    for number, box in enumerate(find_objects(parts.astype(int)), 1):
        if box is not None:
            assert boxes[number].tolist() == [s.start for s in box] + [s.stop for s in box]
    assert not boxes[[1, 3, 5], 3:].any()
    assert boxes[0].tolist() == [0, 0, 0, *SHAPE]


def test_the_scrambler_is_split_mix_64() -> None:
    found = [int(scramble(np.uint64(1234567), np.uint64(index))) for index in (1, 2, 3)]
    assert found == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_white_noise_is_uniform_and_independent() -> None:
    parts = np.zeros((40, 40, 40), np.uint16)
    tables = tuple(tuple(np.zeros((1, 40), np.int64) for _ in range(3)) for _ in range(3))
    seeds = np.array([12345], np.uint64)
    greys, counts = read_greys(parts, np.array([2], np.uint8), np.zeros(1, np.uint8), tables, seeds)
    expected = parts.size / 256
    assert ((counts[0] - expected) ** 2 / expected).sum() < 340
    noise = greys.astype(float)
    for axis in range(3):
        assert abs(np.corrcoef(noise.ravel(), np.roll(noise, 1, axis).ravel())[0, 1]) < 0.02


def test_constant_parts_have_no_greys_and_counts_are_those_of_the_others() -> None:
    source, seeds = np.array([0, 2, 0, 2], np.uint8), np.arange(4, dtype=np.uint64)
    found = []
    for number in (1, 3):
        with threads(number):
            found.append(read_greys(LABELS, source, np.zeros(1, np.uint8), no_tables(4), seeds))
    (greys, counts), again = found
    assert np.array_equal(greys, again[0])
    assert np.array_equal(counts, again[1])
    assert not greys[(LABELS == 0) | (LABELS == 2)].any()
    assert not counts[[0, 2]].any()
    assert np.array_equal(counts[3], np.bincount(greys[LABELS == 3], minlength=256))


@pytest.mark.parametrize("number", [1, 3])
def test_a_table_is_looked_up_by_part_and_grey(number: int) -> None:
    greys = RNG.integers(0, 256, SHAPE).astype(np.uint8)
    table = RNG.normal(size=(4, 256)).astype(np.float32)
    with threads(number):
        assert np.array_equal(look_up(LABELS, greys, table), table[LABELS, greys])
