"""Random numbers from a counter, the same as the kernels of `arrays` make: SplitMix64 in signed 64-bit arithmetic."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def signed(numbers: NDArray[np.uint64] | int) -> NDArray[np.int64]:
    """Return 64-bit numbers with the same bits, as torch has them."""
    return np.asarray(numbers, np.uint64).view(np.int64)


# Of SplitMix64 (Steele et al., OOPSLA 2014); products wrap around, as those of unsigned numbers do.
STEP, FIRST, SECOND = (int(signed(n)) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def scramble(seed: Any, index: Tensor) -> Tensor:
    """Return the random number of a counter, int64; `seed` is signed, a number or a tensor."""
    value = index * STEP + seed
    value = (value ^ _shifted(value, 30)) * FIRST
    value = (value ^ _shifted(value, 27)) * SECOND
    return value ^ _shifted(value, 31)


def _shifted(value: Tensor, bits: int) -> Tensor:
    """Return `value >> bits` of unsigned numbers."""
    return (value >> bits) & ((1 << (64 - bits)) - 1)


def uniform_bits(seed: Any, slab: slice, shape: Sequence[int], bits: int) -> Tensor:
    """Return the topmost bits of the random number of each voxel, which counts them in C order.

    Args:
        seed: Signed, one or one for each voxel of the slab.
        slab: Planes along x of the volume.
        shape: Voxels of the volume.
        bits: How many are returned, below 63.
    """
    device = seed.device
    planes = torch.arange(slab.start, slab.stop, device=device)[:, None, None] * (shape[1] * shape[2])
    within = torch.arange(shape[1] * shape[2], device=device).view(1, shape[1], shape[2])
    return _shifted(scramble(seed, planes + within), 64 - bits)
