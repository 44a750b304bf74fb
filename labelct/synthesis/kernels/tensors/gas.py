"""Which voxels of a hollow organ gas rises to."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from labelct.synthesis.kernels.arrays.gas import CONTROL_POINT_SPACING_MM, DEPTH_SHARE
from labelct.synthesis.kernels.arrays.value_noise import draw_lattice
from labelct.synthesis.kernels.tensors.value_noise import cells, field
from labelct.synthesis.kernels.tensors.voxels import like


def gas_voxels(organ: Tensor, spacing: tuple[float, float, float], params: Mapping[str, Any]) -> Tensor:
    """Choose the voxels of a hollow organ that hold gas: the drawn fraction of them."""
    wanted = round(params["fraction"] * int(organ.sum()))
    if not wanted:
        return torch.zeros_like(organ)
    step = np.array(spacing) / CONTROL_POINT_SPACING_MM
    lattice = draw_lattice(organ.shape, spacing, CONTROL_POINT_SPACING_MM, params["seed"])
    axes = [cells(np.arange(n) * s, organ) for n, s in zip(organ.shape, step, strict=True)]
    weight = params.get("loops", 1 - DEPTH_SHARE)
    depth = _height(organ) if "loops" in params else _depth(organ)
    score = ((1 - weight) * depth + weight * field(like(lattice, organ), axes)).float()
    return organ & (score <= torch.kthvalue(score[organ], wanted)[0])


def _depth(organ: Tensor) -> Tensor:
    """Return how deep each voxel lies in its run along y, 0 in front and 1 behind, float64."""
    length = organ.shape[1]
    y = torch.arange(length, dtype=torch.int32, device=organ.device)[None, :, None]
    behind = torch.cummax(torch.where(organ, -1, y), 1)[0]
    front = torch.cummin(torch.where(organ, length, y).flip(1), 1)[0].flip(1) - 1
    return (front - y + 0.5).double() / (front - behind).double()


def _height(organ: Tensor) -> Tensor:
    """Return how deep each row of the box lies, 0 in front and 1 behind, float64."""
    rows = organ.shape[1]
    y = torch.arange(rows, dtype=torch.int32, device=organ.device)[None, :, None]
    return ((rows - y - 0.5).double() / float(rows)).expand(organ.shape)
