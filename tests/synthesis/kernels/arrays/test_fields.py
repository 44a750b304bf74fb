from __future__ import annotations

import numpy as np
import pytest

from labelct.synthesis.kernels.arrays.fields import HU_LEVELS, blob_levels, count_levels, renumber
from tests.synthesis.cases import threads, trunk

SPACING = (4.0, 4.0, 5.0)
PARTS = trunk().label_map.astype(np.uint16)
LIVER = PARTS == 5


def row(**organs: int) -> np.ndarray:
    numbers = np.zeros(32, np.uint16)
    for name, number in organs.items():
        numbers[int(name[1:])] = number
    return numbers


def test_blobs_hang_together() -> None:
    levels, counts = blob_levels(PARTS, row(v5=1), SPACING, 40.0, [7])
    assert counts.sum() == LIVER.sum() == counts[1].sum()
    assert (levels[~LIVER] == 0).all()
    near = LIVER[1:] & LIVER[:-1]
    assert np.corrcoef(levels[1:][near], levels[:-1][near])[0, 1] > 0.9


def test_a_field_does_not_depend_on_what_else_is_in_the_volume() -> None:
    both, _ = blob_levels(PARTS, row(v5=1, v20=2), SPACING, 20.0, [7, 8])
    smaller = np.where((np.arange(40) > 28)[:, None, None], PARTS, 0).astype(np.uint16)
    alone, _ = blob_levels(smaller, row(v5=1), SPACING, 20.0, [7])
    assert alone.any()
    assert np.array_equal(alone, np.where(smaller == 5, both, 0))


def test_every_control_point_has_a_value_of_its_own() -> None:
    parts = np.full((12, 12, 12), 5, np.uint16)
    levels, _ = blob_levels(parts, row(v5=1), (4.0, 4.0, 4.0), 4.0, [7])
    assert len(np.unique(levels)) > 0.75 * levels.size
    assert levels.mean() == pytest.approx(HU_LEVELS / 2, rel=0.05)


def test_counts_are_those_of_the_levels_for_any_threads() -> None:
    with threads(1):
        levels, counts = blob_levels(PARTS, row(v5=1, v20=2), SPACING, 20.0, [7, 8])
    with threads(3):
        again, counted = blob_levels(PARTS, row(v5=1, v20=2), SPACING, 20.0, [7, 8])
    assert np.array_equal(levels, again)
    assert np.array_equal(counts, counted)
    assert np.array_equal(counts[1], np.bincount(levels[LIVER], minlength=HU_LEVELS))
    assert np.array_equal(counts, [np.zeros(HU_LEVELS), *count_levels(PARTS, row(v5=1, v20=2), levels, 3)[1:]])


def test_an_organ_that_is_nowhere_has_no_levels() -> None:
    levels, counts = blob_levels(np.zeros((3, 4, 5), np.uint16), row(v5=1), SPACING, 20.0, [7])
    assert not levels.any()
    assert not counts.any()


@pytest.mark.parametrize("number", [1, 3])
def test_organs_are_renumbered_by_their_levels_and_the_rest_stays(number: int) -> None:
    levels = np.random.default_rng(0).integers(0, HU_LEVELS, PARTS.shape).astype(np.uint16)
    table = np.zeros((2, HU_LEVELS), np.uint16)
    table[1] = 100 + (np.arange(HU_LEVELS) > 1000)
    parts = PARTS.copy()
    with threads(number):
        renumber(parts, row(v5=1), levels, table)
    assert np.array_equal(parts, np.where(LIVER, 100 + (levels > 1000), PARTS))
