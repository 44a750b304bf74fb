"""What NumPy and torch write differently of a scan's work on whole volumes: `arrays` and `tensors`, with one face.

Beside these functions a scan uses what both write alike: arithmetic with float32 numbers, comparison, sums along an
axis, `clip`, slices, and masks (`values[mask] = number`). So the scan of a tensor stays on its device, and that of an
array on the host. Geometry is small, and made on the host in float64 for both.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

Values: TypeAlias = Any  # a NumPy array, or a torch tensor of the same shape on any device; float32


class Operations(Protocol):
    """The functions of a kind."""

    def host(self, values: Values) -> NDArray[Any]:
        """Return something small as a NumPy array."""

    def like(self, values: Any, reference: Values) -> Values:
        """Return an array or a tensor as what `reference` is, where it is; itself where it is that already."""

    def zeros(self, shape: Sequence[int], reference: Values) -> Values:
        """Return float32 zeros of a shape, as what `reference` is, where it is."""

    def block_means(self, values: Values, factors: Sequence[int]) -> Values:
        """Return means over blocks of voxels.

        Blocks that reach over the edge are filled up with zeros in the plane, with repeated slices along z.

        Args:
            values: `(x, y, z)`.
            factors: Voxels of a block along x, y and z.
        """

    def device_of(self, values: Values) -> AbstractContextManager[Any]:
        """Make the card that values lie on the current one, which backends work on; elsewhere do nothing."""


def operations_of(values: Values) -> Operations:
    """Return the functions for an array, or for a tensor."""
    name = "arrays" if isinstance(values, np.ndarray) else "tensors"
    return cast(Operations, importlib.import_module(f"{__name__}.{name}"))
