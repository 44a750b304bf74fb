from __future__ import annotations

import numpy as np

from labelct.synthesis.kernels.arrays.value_noise import draw_lattice, values_at
from labelct.synthesis.kernels.tensors.value_noise import cells, field
from labelct.synthesis.kernels.tensors.voxels import host, put


def test_a_field_is_read_bit_for_bit_as_in_arrays(device: str) -> None:
    shape, spacing = (13, 17, 11), (2.0, 3.0, 1.5)
    lattice = draw_lattice(shape, spacing, 7.0, 3)
    axes = [np.arange(n) * s / 7.0 for n, s in zip(shape, spacing, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    there = put(lattice, device)
    found = host(field(there, [cells(axis, there) for axis in axes]))
    assert np.array_equal(found.ravel(), values_at(lattice, points))
