"""The outline of lesions and blobs: an ellipsoid that a smooth field dents."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from labelct.synthesis.kernels import Box
from labelct.synthesis.kernels.arrays.outline import WOBBLE, draw_outline
from labelct.synthesis.kernels.tensors.value_noise import cells, field
from labelct.synthesis.kernels.tensors.voxels import like


def outline(volume: Tensor, spacing: Sequence[float], body: Mapping[str, Any]) -> tuple[Box, Tensor]:
    """Return the box around a body and where in it the body lies."""
    drawn = draw_outline(volume.shape, spacing, body)
    x, y, z = (like(offset**2, volume) for offset in drawn.offset)
    distance = (x[:, None, None] + y[None, :, None] + z[None, None, :]).sqrt()
    push = field(like(drawn.lattice, volume), [cells(points, volume) for points in drawn.point])
    return drawn.box, distance * (1.0 + WOBBLE * (push - 0.5)) <= 1.0
