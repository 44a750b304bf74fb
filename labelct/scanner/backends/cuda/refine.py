"""Coarse line integrals interpolated to the rays of the scan itself, on the device."""

import math

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from labelct.scanner.backends.cuda.device import on_device, table
from labelct.scanner.chunked_reconstruction import Views
from labelct.scanner.geometry import Helix
from labelct.scanner.operations import Values


def _along(values: Tensor, axis: int, positions: NDArray[np.float64]) -> Tensor:
    """Interpolate linearly along one axis; the ends hold on."""
    count = values.shape[axis]
    inside = np.clip(positions, 0, count - 1)
    low = np.minimum(inside.astype(np.int64), count - 2)
    shape = [-1 if number == axis else 1 for number in range(values.ndim)]
    weight = table((inside - low).astype(np.float32)).view(shape)
    below, above = (values.index_select(axis, table(places)) for places in (low, low + 1))
    return below.lerp_(above, weight.expand_as(below))


def refine(coarse: Values, coarse_helix: Helix, helix: Helix) -> Views:
    """Return the views of a scan interpolated from coarse ones; see `Backend.refine`."""
    known = on_device(coarse)

    def views(start: int, stop: int) -> Tensor:
        view = np.arange(start, stop) * (coarse_helix.views_per_turn / helix.views_per_turn)
        first, last = math.floor(view[0]), min(math.ceil(view[-1]) + 2, len(known))
        first = min(first, last - 2)
        part = _along(known[first:last], 0, view - first)
        part = _along(part, 1, (helix.gamma - coarse_helix.gamma[0]) / coarse_helix.channel_pitch)
        return _along(part, 2, (helix.v - coarse_helix.v[0]) / coarse_helix.row_pitch)

    return views
