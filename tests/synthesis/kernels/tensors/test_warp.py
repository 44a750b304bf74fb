from __future__ import annotations

import numpy as np
import pytest

from labelct.synthesis.kernels import arrays, tensors
from labelct.synthesis.kernels.tensors.voxels import host, put

SPACING = (2.0, 3.0, 1.3)
BENT = {
    "matrix": [[1.1, 0.1, 0.02], [-0.2, 0.9, 0.05], [0.03, 0.1, 1.05]],
    "shift_mm": [3.3, -2.0, 1.1],
    "elastic_mm": 4.0,
    "control_point_spacing_mm": 17.0,
    "seed": 5,
    "flip": False,
}
# Every voxel half-way between two: what the last bit of a place decides.
HALF = {**BENT, "matrix": np.eye(3).tolist(), "shift_mm": [1.0, -1.5, 0.65], "elastic_mm": 0.0}


@pytest.mark.parametrize("shape", [(24, 19, 31), (7, 1, 40)])
@pytest.mark.parametrize("params", [BENT, {**BENT, "flip": True}, HALF], ids=["bent", "flipped", "half"])
def test_maps_and_ct_come_from_where_they_come_from_in_arrays(
    shape: tuple[int, int, int], params: dict, device: str
) -> None:
    rng = np.random.default_rng(0)
    for dtype in (np.uint8, np.uint16):
        label_map = rng.integers(0, 200, shape).astype(dtype)
        found = tensors.warp(put(label_map, device), SPACING, params, 0)
        assert np.array_equal(host(found), arrays.warp(label_map, SPACING, params, 0))
    ct = rng.normal(0, 500, shape).astype(np.float32)
    found = host(tensors.warp(put(ct, device), SPACING, params, -1000.0))
    assert np.abs(found - arrays.warp(ct, SPACING, params, -1000.0)).max() <= 1e-3
