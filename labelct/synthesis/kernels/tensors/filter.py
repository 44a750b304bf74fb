"""Three short filters along x, y and z, and noise from a counter."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from labelct.synthesis.kernels.arrays.filter import LOWEST_HU, normal_table
from labelct.synthesis.kernels.tensors.counter import signed, uniform_bits
from labelct.synthesis.kernels.tensors.voxels import like, read, slabs


def filtered(volume: Tensor, weights: Sequence[NDArray[np.float32]], noise: float, seed: int) -> Tensor:
    """Return a volume filtered by the weights of each axis, with white noise."""
    done, strength = torch.empty_like(volume), float(np.float32(noise))
    normal, counter = like(normal_table(), volume), like(signed(seed), volume)
    for slab in slabs(volume.shape):
        reach, length = len(weights[0]) // 2, slab.stop - slab.start
        places = torch.arange(slab.start - reach, slab.stop + reach, device=volume.device).clamp(0, len(volume) - 1)
        planes = _weighted(volume.index_select(0, places), weights[0], 0, length)
        for axis in (1, 2):
            planes = _weighted(
                _repeated(planes, len(weights[axis]) // 2, axis), weights[axis], axis, volume.shape[axis]
            )
        if strength > 0:
            planes += strength * read(normal, uniform_bits(counter, slab, volume.shape, 16))
            planes.clamp_(min=float(LOWEST_HU))
        done[slab] = planes
    return done


def _repeated(planes: Tensor, reach: int, axis: int) -> Tensor:
    """Return planes with their first and last value repeated along an axis."""
    if not reach:
        return planes
    places = torch.arange(-reach, planes.shape[axis] + reach, device=planes.device).clamp(0, planes.shape[axis] - 1)
    return planes.index_select(axis, places)


def _weighted(planes: Tensor, weights: NDArray[np.float32], axis: int, length: int) -> Tensor:
    """Return the weighted sums along an axis, product by product: a fused one would round otherwise."""
    total = torch.zeros(1, dtype=torch.float32, device=planes.device)
    for tap, weight in enumerate(weights.tolist()):
        total = total + planes.narrow(axis, tap, length) * weight
    return total
