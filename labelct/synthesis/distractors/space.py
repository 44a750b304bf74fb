"""The space that distractors are placed into: the axial sections of the body envelope, and the air around it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.synthesis.kernels import Kernels, Voxels, kernels_of
from labelct.synthesis.scene import Spec

Drawn = tuple[dict[str, float], dict[str, Spec]]


def between(rng: np.random.Generator, **intervals: tuple[float, float]) -> dict[str, float]:
    """Draw a number from each interval, in their order."""
    return {name: float(rng.uniform(*interval)) for name, interval in intervals.items()}


def density(rng: np.random.Generator, low: float, high: float, sd: float) -> Spec:
    """Draw the mean of a class from `low` to `high` HU; its voxels spread by `sd`."""
    return {"hu": float(rng.uniform(low, high)), "sd": sd}


@dataclass
class Space:
    """Where distractors may lie.

    Attributes:
        placed: `(x, y, z)` part numbers of the background; written.
        body: `(x, y, z)`, True inside the body.
        cavity: `(x, y, z)`, True inside its wall.
        labelled: `(x, y, z)`, True on labels, dropped ones included.
        spacing: Voxel size in mm.
        centre_mm: In-plane centre of the body, mm from the first voxel's centre.
    """

    placed: Voxels
    body: Voxels
    cavity: Voxels
    labelled: Voxels
    spacing: Sequence[float]
    centre_mm: Sequence[float]

    @cached_property
    def kernels(self) -> Kernels:
        """What works on the masks."""
        return kernels_of(self.placed)

    def on(self, array: NDArray[Any]) -> Voxels:
        """Return a table of the sections as what the masks are."""
        return self.kernels.like(array, self.placed)

    @cached_property
    def x(self) -> NDArray[np.floating]:
        """Places of the columns `(x, 1)` beside the centre, mm."""
        return (np.arange(self.body.shape[0]) * self.spacing[0] - self.centre_mm[0])[:, None]

    @cached_property
    def y(self) -> NDArray[np.floating]:
        """Places of the rows `(1, y)` in front of the centre, mm."""
        return (np.arange(self.body.shape[1]) * self.spacing[1] - self.centre_mm[1])[None, :]

    @cached_property
    def levels(self) -> NDArray[np.intp]:
        """The slices that hold labels."""
        return np.flatnonzero(self.kernels.host(self.labelled.any(axis=(0, 1))))

    @cached_property
    def heights(self) -> NDArray[np.floating]:
        """Place of every slice along z, mm."""
        return np.arange(self.body.shape[2]) * self.spacing[2]

    @cached_property
    def blocks(self) -> list[slice]:
        """The slices that hold the body, as many at once as are worked on at once."""
        return blocks(self.body)


def blocks(body: Voxels) -> list[slice]:
    """Return the slices that hold a body, in blocks of as many as are worked on at once.

    Only blocks of one slice hold nothing but slices of the body.
    """
    kernels = kernels_of(body)
    held = np.flatnonzero(kernels.host(body.any(axis=(0, 1))))
    if not len(held):
        return []
    starts = held // kernels.SECTIONS * kernels.SECTIONS
    return [slice(start, min(start + kernels.SECTIONS, body.shape[2])) for start in np.unique(starts).tolist()]


def cavity_of(body: Voxels, spacing: Sequence[float], rind_mm: float) -> Voxels:
    """Return what lies deeper than `rind_mm` in each axial section of a body without a wall of its own."""
    kernels = kernels_of(body)
    cavity = kernels.copy(body)
    for block in blocks(body):
        cavity[:, :, block] = kernels.distance(~body[:, :, block], spacing, rind_mm) > rind_mm
    return cavity


Numbers = Mapping[str, int]
Geometry = Mapping[str, Any]
