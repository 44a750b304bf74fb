from __future__ import annotations

import numpy as np

from labelct.synthesis.kernels.arrays.parts import scramble as of_arrays
from labelct.synthesis.kernels.tensors.counter import scramble, signed, uniform_bits
from labelct.synthesis.kernels.tensors.voxels import host, put

SEEDS = np.array([0, 1234567, 2**63 + 5, 2**64 - 1], np.uint64)


def test_the_scrambler_gives_the_numbers_of_the_compiled_one(device: str) -> None:
    for seed in SEEDS:
        expected = [of_arrays(seed, np.uint64(index)) for index in range(50)]
        found = host(scramble(int(signed(seed)), put(np.arange(50), device))).view(np.uint64)
        assert found.tolist() == [int(number) for number in expected]


def test_every_voxel_has_the_topmost_bits_of_its_own_number(device: str) -> None:
    shape = (5, 3, 7)
    seed = put(signed(SEEDS[2:3]), device)
    found = [uniform_bits(seed, slab, shape, 16) for slab in (slice(0, 2), slice(2, 5))]
    numbers = np.concatenate([host(part).ravel() for part in found])
    assert numbers.tolist() == [int(of_arrays(SEEDS[2], np.uint64(index))) >> 48 for index in range(105)]
