from __future__ import annotations

import numpy as np

from labelct.synthesis.envelope import CAVITY, DIRECTIONS, OUTSIDE, SHELL, WALL
from labelct.synthesis.kernels.arrays.envelope import marble, rasterise
from labelct.synthesis.kernels.arrays.value_noise import draw_lattice, value_at

SHAPE = (41, 31, 6)


def test_round_shells_become_rings_of_their_radii() -> None:
    narrowing = np.linspace(1.0, 0.7, SHAPE[2])
    shells = [np.tile(radius * narrowing, (DIRECTIONS, 1)).astype(np.float32) for radius in (20.0, 26.0, 35.0)]
    geometry = np.array([2.0, 3.0, 41.0, 44.0])
    layers = rasterise(np.zeros(SHAPE, bool), shells, geometry)
    x, y = np.arange(SHAPE[0])[:, None] * 2.0 - 41.0, np.arange(SHAPE[1])[None, :] * 3.0 - 44.0
    radius = np.hypot(x, y)[:, :, None]
    cavity, wall, skin = (shell[0] for shell in shells)
    rings = [radius <= cavity, radius <= wall, radius <= skin]
    expected = np.select(rings, [CAVITY, WALL, SHELL], OUTSIDE)
    np.testing.assert_array_equal(layers, expected)


def test_a_surface_is_interpolated_between_directions() -> None:
    spiral = np.repeat(np.arange(DIRECTIONS, dtype=np.float32)[:, None], 2, axis=1)
    beyond = np.full_like(spiral, 1000.0)
    layers = rasterise(np.zeros((80, 80, 2), bool), [spiral, beyond, beyond], np.array([0.9, 0.9, 36.0, 36.0]))
    x, y = np.arange(80)[:, None] * 0.9 - 36.0, np.arange(80)[None, :] * 0.9 - 36.0
    turn, radius = np.arctan2(y, x) / (2 * np.pi) % 1.0 * DIRECTIONS, np.hypot(x, y)
    clear = (turn < DIRECTIONS - 1) & (np.abs(radius - turn) > 1e-3)
    np.testing.assert_array_equal((layers[:, :, 0] == CAVITY)[clear], (radius <= turn)[clear])


def test_marble_parts_the_cavity_by_the_field_and_leaves_the_rest() -> None:
    rng = np.random.default_rng(0)
    layers = rng.integers(0, 4, (20, 12, 9)).astype(np.uint8)
    lattice = draw_lattice(layers.shape, (2.0, 2.0, 3.0), 8.0, 5)
    step = np.array([2.0, 2.0, 3.0]) / 8.0
    classes = marble(layers, lattice, 0.5, step)
    np.testing.assert_array_equal(classes[layers != CAVITY], layers[layers != CAVITY])
    for x, y, z in np.argwhere(layers == CAVITY):
        value = value_at(lattice, x * step[0], y * step[1], z * step[2])
        assert classes[x, y, z] == (1 if value < 0.5 else 2)
