from __future__ import annotations

import numpy as np
import pytest

from labelct.synthesis.envelope import DIRECTIONS
from labelct.synthesis.kernels import arrays, tensors
from labelct.synthesis.kernels.arrays.value_noise import draw_lattice
from labelct.synthesis.kernels.tensors.voxels import host, put

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(41, 31, 6), (17, 40, 1)])
def test_layers_are_those_of_arrays(shape: tuple[int, int, int], device: str) -> None:
    radii = RNG.uniform(15, 25, (DIRECTIONS, shape[2])).astype(np.float32)
    shells, geometry = [radii, radii + 4, radii + 9], np.array([2.0, 1.5, 40.3, 29.1])
    volume = np.zeros(shape, bool)
    expected = arrays.rasterise(volume, shells, geometry)
    assert len(np.unique(expected)) == 4
    assert np.array_equal(host(tensors.rasterise(put(volume, device), shells, geometry)), expected)


def test_the_cavity_is_parted_as_in_arrays(device: str) -> None:
    layers = RNG.integers(0, 4, (21, 12, 9)).astype(np.uint8)
    lattice, step = draw_lattice(layers.shape, (2.0, 2.0, 3.0), 8.0, 5), np.array([2.0, 2.0, 3.0]) / 8.0
    there = put(layers, device)
    parted = host(tensors.marble(there, lattice, 0.5, step))
    assert np.array_equal(parted, arrays.marble(layers, lattice, 0.5, step))
    assert np.array_equal(host(there), layers)
