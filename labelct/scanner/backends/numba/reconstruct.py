"""From views to the image: rebinned, filtered and backprojected chunk by chunk."""

from dataclasses import replace

import numpy as np

from labelct.scanner.backends.numba import backproject, rebin
from labelct.scanner.chunked_reconstruction import VIEWS_PER_BLOCK, Reconstruction, ViewBuffer, Views
from labelct.scanner.geometry import Array


def reconstruct(views: Views, what: Reconstruction) -> Array:
    """Return the image of a scan; see `Backend.reconstruct`."""
    wedge, margin = what.wedge, what.wedge.margin
    channels, rows = wedge.helix.channels, wedge.helix.rows
    cone = ViewBuffer(views, np.empty((VIEWS_PER_BLOCK + 2 * margin, channels, rows), np.float32))

    def make(start: int, stop: int) -> Array:
        around = cone.take(start - margin, stop + margin)
        return rebin.filtered_wedge(around, margin, stop - start, what)

    capacity = max(stop - start for _, _, (start, stop) in what.chunks())
    filtered = ViewBuffer(make, np.empty((capacity, channels, wedge.rows), np.float32), margin)
    image = np.zeros(what.grid.shape, np.float32)
    for first, part, directions in what.chunks():
        lit, slices = filtered.take(*directions), image[:, :, first : first + part.shape[2]]
        backproject.backproject(lit, directions[0], replace(what, grid=part), slices)
    return image
