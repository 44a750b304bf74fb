"""Which voxels of a hollow organ gas rises to."""

from collections.abc import Mapping
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from labelct.synthesis.kernels.arrays.value_noise import Lattice, draw_lattice, value_at

CONTROL_POINT_SPACING_MM = 35.0  # about the width of a loop of bowel: each loop holds its own share
DEPTH_SHARE = 0.6  # weight of the depth against the loop: gas lies in front, but not in every loop alike


def gas_voxels(
    organ: NDArray[np.bool_], spacing: tuple[float, float, float], params: Mapping[str, Any]
) -> NDArray[np.bool_]:
    """Choose the voxels of a hollow organ that hold gas: the drawn fraction of them.

    Every run of the organ along y is filled from its front, where y grows to; a smooth random field lets some loops
    hold more than others. With `loops` in `params`, the field's weight, gas lies above a level instead: what is in
    front of it in the whole box is filled.
    """
    score = np.full(organ.shape, np.inf, np.float32)
    lattice = draw_lattice(organ.shape, spacing, CONTROL_POINT_SPACING_MM, params["seed"])
    step = np.array(spacing) / CONTROL_POINT_SPACING_MM
    _score(organ, lattice, step, (params.get("loops", 1 - DEPTH_SHARE), "loops" in params), score)
    inside = score[organ]
    wanted = round(params["fraction"] * inside.size)
    if not wanted:
        return np.zeros_like(organ)
    return score <= np.partition(inside, wanted - 1)[wanted - 1]


@numba.njit(cache=True, nogil=True)
def _score(organ: Any, lattice: Lattice, step: Any, weighing: tuple[float, bool], score: Any) -> None:
    weight, level = weighing
    rows = organ.shape[1]
    for x in range(organ.shape[0]):
        for z in range(organ.shape[2]):
            y = organ.shape[1] - 1
            while y >= 0:
                if not organ[x, y, z]:
                    y -= 1
                    continue
                front = y
                while y >= 0 and organ[x, y, z]:
                    y -= 1
                for k in range(y + 1, front + 1):
                    depth = (rows - k - 0.5) / rows if level else (front - k + 0.5) / (front - y)
                    loop = value_at(lattice, x * step[0], k * step[1], z * step[2])
                    score[x, k, z] = (1 - weight) * depth + weight * loop
