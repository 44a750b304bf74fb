"""The space that distractors are placed into: the axial sections of the body envelope, and the air around it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.synthesis.scene import Spec

Mask = NDArray[np.bool_]
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

    placed: NDArray[np.uint8]
    body: Mask
    cavity: Mask
    labelled: Mask
    spacing: Sequence[float]
    centre_mm: Sequence[float]

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
        return np.flatnonzero(self.labelled.any(axis=(0, 1)))

    @cached_property
    def sections(self) -> list[int]:
        """The slices that hold the body."""
        return np.flatnonzero(self.body.any(axis=(0, 1))).tolist()


def cavity_of(body: Mask, spacing: Sequence[float], rind_mm: float) -> Mask:
    """Return what lies deeper than `rind_mm` in each axial section of a body without a wall of its own."""
    from scipy.ndimage import distance_transform_edt

    cavity = np.zeros_like(body)
    for z in np.flatnonzero(body.any(axis=(0, 1))):
        cavity[:, :, z] = distance_transform_edt(body[:, :, z], sampling=spacing[:2]) > rind_mm
    return cavity


Numbers = Mapping[str, int]
Geometry = Mapping[str, Any]
