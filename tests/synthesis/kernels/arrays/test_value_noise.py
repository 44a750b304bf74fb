from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from labelct.synthesis.kernels.arrays.value_noise import draw_lattice, level_below_which, value_at, values_at

SHAPE, SPACING, GRAIN = (23, 17, 40), (2.0, 3.0, 1.5), 10.0


def points(spacing: tuple[float, ...] = SPACING) -> np.ndarray:
    grid = np.stack(np.meshgrid(*(np.arange(n) for n in SHAPE), indexing="ij"), axis=-1)
    return grid.reshape(-1, 3) * np.array(spacing) / GRAIN


def test_equal_seeds_give_equal_fields_that_cover_the_grid() -> None:
    lattice = draw_lattice(SHAPE, SPACING, GRAIN, 3)
    np.testing.assert_array_equal(lattice, draw_lattice(SHAPE, SPACING, GRAIN, 3))
    assert not np.array_equal(lattice, draw_lattice(SHAPE, SPACING, GRAIN, 4))
    assert (points().max(axis=0) + 1 < lattice.shape).all()


def test_values_are_linear_between_the_points_of_the_lattice() -> None:
    lattice = draw_lattice(SHAPE, SPACING, GRAIN, 3)
    found = values_at(lattice, points())
    assert found == pytest.approx(map_coordinates(lattice.astype(float), points().T, order=1), abs=1e-6)
    assert value_at(lattice, 1.0, 2.0, 3.0) == lattice[1, 2, 3]


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.5, 0.9])
def test_the_asked_fraction_of_a_field_lies_below_its_level(fraction: float) -> None:
    lattice = draw_lattice((200, 200, 200), SPACING, GRAIN, 3)
    level = level_below_which(lattice, fraction)
    inside = np.random.default_rng(1).random((20000, 3)) * (np.array(lattice.shape) - 1.001)
    assert (values_at(lattice, inside) < level).mean() == pytest.approx(fraction, abs=0.02)
