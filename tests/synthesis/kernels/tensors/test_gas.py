from __future__ import annotations

import numpy as np
import pytest

from labelct.synthesis.kernels import arrays, tensors
from labelct.synthesis.kernels.tensors.voxels import host, put

ORGAN = np.random.default_rng(0).random((11, 14, 9)) < 0.8  # many runs along y, some of them up to the borders


@pytest.mark.parametrize("fraction", [0.0, 0.03, 0.45, 0.9])
def test_gas_is_where_it_is_in_arrays(fraction: float, device: str) -> None:
    params = {"fraction": fraction, "seed": 3}
    expected = arrays.gas_voxels(ORGAN, (4.0, 4.0, 5.0), params)
    assert np.array_equal(host(tensors.gas_voxels(put(ORGAN, device), (4.0, 4.0, 5.0), params)), expected)
