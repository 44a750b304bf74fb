from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.ndimage import convolve1d

from labelct.synthesis.kernels.arrays.filter import LOWEST_HU, filter_chunk, normal_table

ONE = np.ones(1, np.float32)


def filtered(volume: np.ndarray, weights: list[np.ndarray], noise: float = 0, seed: int = 0, chunk: int = 7) -> Any:
    finished = np.full_like(volume, np.nan)
    for start in range(0, len(volume), chunk):
        planes = start, min(start + chunk, len(volume))
        filter_chunk(volume, finished, *weights, np.float32(noise), normal_table(), np.uint64(seed), *planes)
    return finished


def test_three_passes_are_those_of_scipy_with_repeated_borders() -> None:
    rng = np.random.default_rng(0)
    volume = rng.normal(40, 200, (19, 12, 15)).astype(np.float32)
    weights = [(w / w.sum()).astype(np.float32) for w in (np.array([1, 3, 1.0]), np.array([1.0]), np.ones(5))]
    expected = volume.astype(float)
    for axis, line in enumerate(weights):
        expected = convolve1d(expected, line, axis=axis, mode="nearest")
    assert filtered(volume, weights) == pytest.approx(expected, abs=1e-3)


def test_chunks_do_not_change_the_bits() -> None:
    volume = np.random.default_rng(0).normal(size=(19, 8, 9)).astype(np.float32)
    weights = [np.full(3, 1 / 3, np.float32)] * 3
    whole, parts = (filtered(volume, weights, 20.0, 5, chunk) for chunk in (19, 4))
    assert whole.tobytes() == parts.tobytes()


def test_noise_stays_above_the_lowest_hu_and_follows_the_seed() -> None:
    air = np.full((6, 30, 30), -1000.0, np.float32)
    noisy, other = (filtered(air, [ONE] * 3, 50.0, seed) for seed in (1, 2))
    assert noisy.min() == LOWEST_HU
    assert not np.array_equal(noisy, other)


def test_the_table_of_normal_values_is_standard() -> None:
    table = normal_table()
    assert table.mean() == pytest.approx(0, abs=1e-6)
    assert table.std() == pytest.approx(1, abs=1e-4)
    assert (np.diff(table) >= 0).all()
    assert np.abs(table).max() > 4
