"""A body envelope voxel by voxel: its layers, and fat and soft tissue within its cavity."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from labelct.synthesis.envelope import CAVITY, OUTSIDE, SHELL, WALL
from labelct.synthesis.kernels.arrays.envelope import directions
from labelct.synthesis.kernels.tensors.value_noise import between, cells
from labelct.synthesis.kernels.tensors.voxels import like, slabs, zeros


def rasterise(reference: Tensor, shells: Sequence[NDArray[np.float32]], geometry: NDArray[np.float64]) -> Tensor:
    """Return the layers of a body envelope."""
    layers, radii = zeros(reference), [like(shell, reference) for shell in shells]
    radius, below, above, share = (
        like(plane, reference) for plane in directions(reference.shape[0], reference.shape[1], geometry)
    )
    for slab in slabs(layers.shape):
        near, weight = radius[slab][:, :, None], share[slab][:, :, None]
        found = torch.full_like(layers[slab], CAVITY)
        for shell, beyond in zip(radii, (WALL, SHELL, OUTSIDE), strict=True):
            surface = _rows(shell, below[slab]) * (1 - weight) + _rows(shell, above[slab]) * weight
            found[near > surface] = beyond
        layers[slab] = found
    return layers


def _rows(shell: Tensor, direction: Tensor) -> Tensor:
    return shell.index_select(0, direction.reshape(-1)).view(*direction.shape, -1)


def marble(layers: Tensor, lattice: NDArray[np.float32], level: float, step: NDArray[np.float64]) -> Tensor:
    """Return layers with the cavity parted into fat and soft tissue."""
    x, y, z = (cells(np.arange(n) * s, layers) for n, s in zip(layers.shape, step, strict=True))
    planes = between(between(like(lattice, layers), z, 2), y, 1)
    classes = layers.clone()
    for slab in slabs(layers.shape):
        inner = between(planes, (x[0][slab], x[1][slab]), 0) < level
        part = classes[slab]
        part[layers[slab] == CAVITY] = 2
        part[(layers[slab] == CAVITY) & inner] = 1
    return classes
