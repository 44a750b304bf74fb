"""Which views make which slices, and how much of either is held at once: reconstruction with bounded memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from labelct.accelerator import GIB
from labelct.errors import SettingError
from labelct.scanner.geometry import Grid, Helix, overscan, recon_radius
from labelct.scanner.settings import ReconSettings, ScannerSettings
from labelct.scanner.wedge import Wedge

Views = Callable[[int, int], Any]  # returns the views `[start, stop)`, `(view, channel, row)`, as a backend's array
VIEWS_PER_BLOCK = 256  # made at once: enough to keep every thread busy, small beside the memory of a scan


class ViewBuffer:
    """Consecutive views of a longer scan, made block by block as they are asked for.

    Attributes:
        make: Returns the views `[start, stop)`.
        start: The first view held.
        count: Views held.
    """

    def __init__(self, make: Views, array: Any, start: int = 0) -> None:
        """Hold nothing yet.

        Args:
            make: See above.
            array: Memory for as many views as are ever held at once, `(view, ...)`.
            start: The first view that will be asked for.
        """
        self.make, self.start, self.count = make, start, 0
        self._array = array

    def take(self, start: int, stop: int) -> Any:
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
        step = min(VIEWS_PER_BLOCK, views)  # views that are moved together never overlap where they go
        for place in range(0, kept if views else 0, max(step, 1)):
            last = min(place + step, kept)
            self._array[place:last] = self._array[views + place : views + last]
        self.start, self.count = self.start + views, kept


@dataclass(frozen=True)
class Reconstruction:
    """An image and how it is made from a scan.

    Attributes:
        wedge: Geometry of the scan and of its rebinned rays.
        grid: Of the image.
        radius: Of the circle to reconstruct in mm; zero outside.
        settings: Kernel of the ramp filter, aperture, slice thickness.
        slices: How many to reconstruct at once.
    """

    wedge: Wedge
    grid: Grid
    radius: float
    settings: ReconSettings
    slices: int

    @classmethod
    def of(cls, scanner: ScannerSettings, helix: Helix, grid: Grid) -> Reconstruction:
        """Return what a scanner makes of a scan, as many slices at once as its memory allows.

        Raises:
            SettingError: if the views of a single slice are beyond the memory.
        """
        wedge, radius = Wedge.of(helix), recon_radius(scanner, helix, grid)
        slices = _slices(scanner.memory, wedge, grid, overscan(helix, radius))
        return cls(wedge, grid, radius, scanner.recon, slices)

    @property
    def thickness(self) -> float:
        """Thickness of the slices in mm."""
        return self.settings.slice_thickness or self.grid.spacing[2]

    def chunks(self) -> Iterator[tuple[int, Grid, tuple[int, int]]]:
        """Yield the image chunk by chunk: number of its first slice, grid, directions `[first, stop)` that light it."""
        helix, margin = self.wedge.helix, self.wedge.margin
        reach, per_mm = overscan(helix, self.radius), helix.views_per_turn / helix.table_feed
        for first in range(0, self.grid.shape[2], self.slices):
            part = self.grid.slices(first, min(first + self.slices, self.grid.shape[2]))
            low = math.floor((part.axis(2)[0] - reach - helix.first_height) * per_mm)
            high = math.ceil((part.axis(2)[-1] + reach - helix.first_height) * per_mm) + 1
            yield first, part, (max(low, margin), min(high, helix.views - margin))


def _slices(memory: float, wedge: Wedge, grid: Grid, margin: float) -> int:
    """Return how many slices to reconstruct at once so that their views take a quarter of the memory."""
    helix = wedge.helix
    per_view = helix.channels * wedge.rows * 4
    views = memory * GIB / 4 / per_view
    slices = int((views / helix.views_per_turn * helix.table_feed - 2 * margin) / grid.spacing[2])
    if slices < 1:
        need = 4 * per_view * helix.views_per_turn * (2 * margin + grid.spacing[2]) / helix.table_feed / GIB
        remedy = "raise it, or take fewer channels, rows or views"
        raise SettingError("memory", memory, f"{math.ceil(10 * need) / 10} GiB or more for this scan", remedy)
    return min(slices, grid.shape[2])
