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
    hold more than others.
    """
    score = np.full(organ.shape, np.inf, np.float32)
    _score(
        organ,
        draw_lattice(organ.shape, spacing, CONTROL_POINT_SPACING_MM, params["seed"]),
        np.array(spacing) / CONTROL_POINT_SPACING_MM,
        score,
    )
    inside = score[organ]
    wanted = round(params["fraction"] * inside.size)
    if not wanted:
        return np.zeros_like(organ)
    return score <= np.partition(inside, wanted - 1)[wanted - 1]


@numba.njit(cache=True, nogil=True)
def _score(organ: Any, lattice: Lattice, step: Any, score: Any) -> None:
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
                    depth = (front - k + 0.5) / (front - y)
                    loop = value_at(lattice, x * step[0], k * step[1], z * step[2])
                    score[x, k, z] = DEPTH_SHARE * depth + (1 - DEPTH_SHARE) * loop
