"""Smooth random fields on a lattice, read on a grid: linearly along one axis after the other."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from labelct.synthesis.kernels.tensors.voxels import like

Cells = tuple[Tensor, Tensor]


def cells(points: NDArray[np.floating], reference: Tensor) -> Cells:
    """Return, for places along one axis, the lattice point below and the share of the one above.

    Args:
        points: In lattice units, not negative.
        reference: Where the result shall be.
    """
    below = points.astype(np.int64)
    return like(below, reference), like(points - below, reference)


def between(values: Tensor, along: Cells, axis: int) -> Tensor:
    """Return float64 values between the points of a lattice along one axis."""
    below, share = along
    shape = [1] * values.ndim
    shape[axis] = -1
    share = share.view(shape)
    return values.index_select(axis, below) * (1 - share) + values.index_select(axis, below + 1) * share


def field(lattice: Tensor, axes: Sequence[Cells]) -> Tensor:
    """Return the trilinear values of a lattice at the places of a grid, `(x, y, z)` float64.

    Args:
        lattice: `(i, j, k)`.
        axes: `cells` of the places along x, y and z.
    """
    x, y, z = axes
    return between(between(between(lattice, z, 2), y, 1), x, 0)
