"""Coarse line integrals interpolated to the rays of the scan itself."""

import numpy as np
from numpy.typing import NDArray

from labelct.scanner.chunked_reconstruction import Views
from labelct.scanner.geometry import Array, Helix
from labelct.scanner.noise_only import neighbours, refined


def _along(values: Array, axis: int, positions: NDArray[np.float64]) -> Array:
    """Interpolate linearly along one axis; the ends hold on."""
    low, weight = neighbours(positions, values.shape[axis])
    weight = weight.reshape([-1 if number == axis else 1 for number in range(values.ndim)])
    below, above = np.take(values, low, axis), np.take(values, low + 1, axis)
    between: Array = below + weight * (above - below)
    return between


def refine(coarse: Array, coarse_helix: Helix, helix: Helix) -> Views:
    """Return the views of a scan interpolated from coarse ones; see `Backend.refine`."""
    return refined(coarse, coarse_helix, helix, _along)
