from __future__ import annotations

import numpy as np
import pytest

from labelct.synthesis.kernels import arrays, tensors
from labelct.synthesis.kernels.tensors.voxels import host, put


@pytest.mark.parametrize("centre", [[20, 20, 20], [1, 20, 39]])
@pytest.mark.parametrize("seed", range(5))
def test_an_outline_is_that_of_arrays(centre: list[int], seed: int, device: str) -> None:
    volume, spacing = np.zeros((41, 37, 41), np.uint8), (1.0, 0.9, 1.3)
    body = {"centre": centre, "radius_mm": [12.3, 9.1, 7.7], "seed": seed}
    (box, expected), (found, inside) = (
        arrays.outline(volume, spacing, body),
        tensors.outline(put(volume, device), spacing, body),
    )
    assert found == box
    assert np.array_equal(host(inside), expected)
