"""Reconstruction with bounded memory: views are made in blocks, used by slabs of slices, and dropped."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from labelct.errors import SettingError
from labelct.scanner import backproject, rebin
from labelct.scanner.geometry import Grid, Helix, overscan, recon_radius
from labelct.scanner.settings import ScannerSettings

Block = Callable[[int, int], NDArray[np.float32]]
VIEWS_PER_BLOCK = 256
GIB = 2**30


class Window:
    """Consecutive views of a longer scan, made block by block as they are asked for.

    Attributes:
        make: Returns the views `[start, stop)`.
        start: The first view held.
        count: Views held.
    """

    def __init__(self, make: Block, capacity: int, tail: tuple[int, int], start: int = 0) -> None:
        self.make, self.start, self.count = make, start, 0
        self._array = np.empty((capacity, *tail), np.float32)

    def take(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return the views `[start, stop)` as an array that the next call overwrites; `start` never falls."""
        self._drop(start - self.start)
        while self.start + self.count < stop:
            first = self.start + self.count
            last = min(first + VIEWS_PER_BLOCK, stop)
            self._array[self.count : self.count + last - first] = self.make(first, last)
            self.count += last - first
        return self._array[: stop - start]

    def _drop(self, views: int) -> None:
        kept = max(self.count - views, 0)
        for place in range(0, kept, VIEWS_PER_BLOCK):
            last = min(place + VIEWS_PER_BLOCK, kept)
            self._array[place:last] = self._array[views + place : views + last]
        self.start, self.count = self.start + views, kept


def _slab(scanner: ScannerSettings, helix: Helix, wedge: rebin.Wedge, grid: Grid, margin: float) -> int:
    """Return how many slices to reconstruct at once so that their views take a quarter of the memory."""
    per_view = helix.channels * wedge.rows * 4
    views = scanner.memory * GIB / 4 / per_view
    slices = int((views / helix.views_per_turn * helix.table_feed - 2 * margin) / grid.spacing[2])
    if slices < 1:
        need = 4 * per_view * helix.views_per_turn * (2 * margin + grid.spacing[2]) / helix.table_feed / GIB
        remedy = "raise it, or take fewer channels, rows or views"
        raise SettingError("memory", scanner.memory, f"{math.ceil(10 * need) / 10} GiB or more for this scan", remedy)
    return min(slices, grid.shape[2])


def reconstruct(views: Block, scanner: ScannerSettings, helix: Helix, grid: Grid) -> NDArray[np.float32]:
    """Return the image of a scan.

    Args:
        views: Returns the line integrals of the views `[start, stop)`, `(view, channel, row)`.
        scanner: Kernel, aperture, slice thickness, field of view and memory.
        helix: The scan.
        grid: Of the image.

    Returns:
        Attenuation in 1/mm, `(x, y, z)`, zero outside the field of view.
    """
    wedge, margin = rebin.Wedge.of(helix), rebin.Wedge.of(helix).margin
    radius = recon_radius(scanner, helix, grid)
    reach = overscan(helix, radius)
    thickness = scanner.recon.slice_thickness or grid.spacing[2]
    cone = Window(views, VIEWS_PER_BLOCK + 2 * margin, (helix.channels, helix.rows))

    def make(start: int, stop: int) -> NDArray[np.float32]:
        around = cone.take(start - margin, stop + margin)
        return rebin.filtered_wedge(around, margin, stop - start, wedge, scanner.recon.kernel, thickness)

    slab = _slab(scanner, helix, wedge, grid, reach)
    per_mm = helix.views_per_turn / helix.table_feed
    capacity = math.ceil((slab * grid.spacing[2] + 2 * reach) * per_mm) + 2
    filtered = Window(make, min(capacity, helix.views), (helix.channels, wedge.rows), margin)
    image = np.zeros(grid.shape, np.float32)
    for first in range(0, grid.shape[2], slab):
        part = grid.slices(first, min(first + slab, grid.shape[2]))
        low, high = part.axis(2)[0], part.axis(2)[-1]
        start = max(math.floor((low - reach - helix.first_height) * per_mm), margin)
        stop = min(math.ceil((high + reach - helix.first_height) * per_mm) + 1, helix.views - margin)
        lit = filtered.take(start, stop)
        slices = image[:, :, first : first + part.shape[2]]
        backproject.backproject(lit, start, wedge, part, scanner.recon.aperture, radius, slices)
    return image
