"""From views to the image: rebinned, filtered and backprojected chunk by chunk."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from labelct.scanner.backends.numba import backproject, rebin
from labelct.scanner.chunked_reconstruction import VIEWS_PER_BLOCK, Reconstruction, Views, Window


def reconstruct(views: Views, what: Reconstruction) -> NDArray[np.float32]:
    """Return the image of a scan; see `Backend.reconstruct`."""
    wedge, margin = what.wedge, what.wedge.margin
    channels, rows = wedge.helix.channels, wedge.helix.rows
    cone = Window(views, np.empty((VIEWS_PER_BLOCK + 2 * margin, channels, rows), np.float32))

    def make(start: int, stop: int) -> NDArray[np.float32]:
        around = cone.take(start - margin, stop + margin)
        return rebin.filtered_wedge(around, margin, stop - start, what)

    chunks = list(what.chunks())
    capacity = max(stop - start for start, stop in (chunk.directions for chunk in chunks))
    filtered = Window(make, np.empty((capacity, channels, wedge.rows), np.float32), margin)
    image = np.zeros(what.grid.shape, np.float32)
    for chunk in chunks:
        lit, slices = filtered.take(*chunk.directions), image[:, :, chunk.first : chunk.first + chunk.grid.shape[2]]
        backproject.backproject(lit, chunk.directions[0], replace(what, grid=chunk.grid), slices)
    return image
