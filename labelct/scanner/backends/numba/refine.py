"""Coarse line integrals interpolated to the rays of the scan itself."""

import math

import numpy as np
from numpy.typing import NDArray

from labelct.scanner.chunked_reconstruction import Views
from labelct.scanner.geometry import Array, Helix


def _along(values: Array, axis: int, positions: NDArray[np.float64]) -> Array:
    """Interpolate linearly along one axis; the ends hold on."""
    count = values.shape[axis]
    inside = np.clip(positions, 0, count - 1)
    low = np.minimum(inside.astype(np.int64), count - 2)
    weight = (inside - low).astype(np.float32).reshape([-1 if number == axis else 1 for number in range(values.ndim)])
    below, above = np.take(values, low, axis), np.take(values, low + 1, axis)
    between: Array = below + weight * (above - below)
    return between


def refine(coarse: Array, coarse_helix: Helix, helix: Helix) -> Views:
    """Return the views of a scan interpolated from coarse ones; see `Backend.refine`."""

    def views(start: int, stop: int) -> Array:
        view = np.arange(start, stop) * (coarse_helix.views_per_turn / helix.views_per_turn)
        first, last = math.floor(view[0]), min(math.ceil(view[-1]) + 2, len(coarse))
        first = min(first, last - 2)
        part = _along(coarse[first:last], 0, view - first)
        part = _along(part, 1, (helix.gamma - coarse_helix.gamma[0]) / coarse_helix.channel_pitch)
        return _along(part, 2, (helix.v - coarse_helix.v[0]) / coarse_helix.row_pitch)

    return views
