"""Coarse line integrals interpolated to the rays of the scan itself, on the device."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from labelct.scanner.backends.cuda.device import on_device, table
from labelct.scanner.chunked_reconstruction import Views
from labelct.scanner.geometry import Helix
from labelct.scanner.noise_only import neighbours, refined
from labelct.scanner.operations import Values


def _along(values: Tensor, axis: int, positions: NDArray[np.float64]) -> Tensor:
    """Interpolate linearly along one axis; the ends hold on."""
    low, weight = neighbours(positions, values.shape[axis])
    below, above = (values.index_select(axis, table(places)) for places in (low, low + 1))
    shape = [-1 if number == axis else 1 for number in range(values.ndim)]
    return below.lerp_(above, table(weight).view(shape).expand_as(below))


def refine(coarse: Values, coarse_helix: Helix, helix: Helix) -> Views:
    """Return the views of a scan interpolated from coarse ones; see `Backend.refine`."""
    return refined(on_device(coarse), coarse_helix, helix, _along)
