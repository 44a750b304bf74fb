from __future__ import annotations

import numpy as np
import pytest

from labelct.synthesis.kernels import arrays, tensors
from labelct.synthesis.kernels.tensors.voxels import host, put

WEIGHTS = [np.array(line, np.float32) for line in ([0.2, 0.5, 0.3], [1.0], [0.1, 0.2, 0.4, 0.2, 0.1])]


@pytest.mark.parametrize("shape", [(19, 12, 15), (1, 3, 2)])
@pytest.mark.parametrize("noise", [0.0, 30.0])
def test_a_volume_is_filtered_as_in_arrays(shape: tuple[int, int, int], noise: float, device: str) -> None:
    volume = np.random.default_rng(0).normal(-800, 300, shape).astype(np.float32)
    expected = arrays.filtered(volume, WEIGHTS, noise, 2**31 - 1)
    found = tensors.filtered(put(volume, device), WEIGHTS, noise, 2**31 - 1)
    assert np.abs(host(found) - expected).max() <= 1e-3
    if noise:
        assert expected.min() == host(found).min() == -1024 or expected.size < 10
