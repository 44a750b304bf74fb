"""The part of a volume that a network is trained in or asked about: a box around some structures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Box = tuple[slice, slice, slice]


@dataclass(frozen=True)
class Region:
    """A box around some targets, wherever they lie in a volume.

    Attributes:
        targets: Their names; patches are centred on these, and the best checkpoint is chosen by these.
        margin_mm: What is kept around them.
        least_mm: The least extent `(x, y, z)`: what the network sees at once.
    """

    targets: tuple[str, ...]
    margin_mm: float
    least_mm: tuple[float, ...]

    def with_context(self) -> Region:
        """Return a region in which a patch about any voxel of the smaller one has its own surroundings."""
        return replace(self, margin_mm=self.margin_mm + max(self.least_mm) / 2)

    def around(self, inner: Box, spacing: Sequence[float]) -> Box:
        """Return the box that is kept around a part of a volume; it may reach beyond the volume, below 0 even.

        Args:
            inner: The part's own box.
            spacing: Voxel size `(x, y, z)`, mm.
        """
        x, y, z = (
            grown(span, self.margin_mm / size, least / size)
            for span, size, least in zip(inner, spacing, self.least_mm, strict=True)
        )
        return x, y, z


def grown(span: slice, margin: float, least: float) -> slice:
    """Return a range with a margin on each side, and at least as long as `least`, about the same centre (voxels)."""
    more = max(margin, (least - (span.stop - span.start)) / 2)
    return slice(span.start - int(np.ceil(more)), span.stop + int(np.ceil(more)))


def within(box: Box, shape: Sequence[int]) -> Box:
    """Return what of a box lies in a volume."""
    x, y, z = (slice(max(0, span.start), min(size, span.stop)) for span, size in zip(box, shape, strict=True))
    return x, y, z


def box_of_voxels(*index: NDArray[np.integer]) -> Box:
    """Return the box that holds all voxels of some lists `(n, 3)` of indices."""
    together = np.concatenate(index)
    low, high = together.min(0), together.max(0) + 1
    x, y, z = (slice(int(first), int(last)) for first, last in zip(low, high, strict=True))
    return x, y, z
