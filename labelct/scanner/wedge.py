"""Wedges: rays that are parallel in the plane and still diverge along z (Koken & Grass, PMB 51 (2006) 3433).

Where they lie, and the weights that make them from the cone beams of a scan.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelct.scanner.geometry import Helix

# The aperture's cos^2 is (1 - sin(pi y)) / 2 with |y| <= 1/2 and, to 7e-7,
# sin(pi y) = y (2 + (y^2 - 1/4) (s0 + s1 y^2 + s2 y^4)).
APERTURE_SINE = (-4.56632261, 2.40306454, -0.55329161)


@dataclass(frozen=True)
class Wedge:
    """Where the rebinned rays lie.

    Attributes:
        helix: The scan they come from; view j is the direction `theta = helix.angle(j)`.
        u: Distance of the rays from the axis in mm, uniform, `(channel,)`.
        margin: Views of the scan that a direction needs before and after its own number.
    """

    helix: Helix
    u: NDArray[np.float64]
    margin: int

    @classmethod
    def of(cls, helix: Helix) -> Wedge:
        """Return the wedge of a scan: as many rays as channels over the circle that every view sees."""
        edge = helix.field_of_view
        return cls(helix, np.linspace(-edge, edge, helix.channels), math.ceil(helix.fan / helix.view_pitch) + 2)

    @property
    def spacing(self) -> float:
        """Distance du between rays in mm."""
        return float(self.u[1] - self.u[0])

    @property
    def gamma(self) -> NDArray[np.float64]:
        """Fan angle of each ray in rad."""
        return np.arcsin(self.u / self.helix.source_isocentre)

    @property
    def rows(self) -> int:
        """Rows as stored: filled up to a multiple of 16, for kernels that work on 16 at once."""
        return (self.helix.rows + 15) // 16 * 16


def cubic(fraction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weights of the four neighbours in cubic (Lagrange) interpolation, `(n, 4)`."""
    f = fraction
    return np.stack(
        [-f * (f - 1) * (f - 2) / 6, (f * f - 1) * (f - 2) / 2, -f * (f + 1) * (f - 2) / 2, f * (f * f - 1) / 6],
        axis=-1,
    )


def thickness_weights(helix: Helix, thickness: float) -> NDArray[np.float32]:
    """Return how rows mix so that slices average over `thickness` at the isocentre, with the cone's cosine.

    A row already stands for its own width, so the box that is added is `sqrt(thickness^2 - width^2)` wide.

    Args:
        helix: The scan.
        thickness: In mm.

    Returns:
        `(row, row)`, new rows by old ones.
    """
    width = helix.collimation / helix.rows
    box = math.sqrt(max(thickness**2 - width**2, 0.0)) / width
    distance = np.abs(np.subtract.outer(np.arange(helix.rows), np.arange(helix.rows)))
    mix = np.clip((box + 1) / 2 - distance, 0.0, min(1.0, box)) if box > 0 else (distance == 0).astype(np.float64)
    mix /= mix.sum(axis=1, keepdims=True)
    cosine = helix.source_detector / np.hypot(helix.source_detector, helix.v)
    weights: NDArray[np.float64] = mix * cosine
    return weights.astype(np.float32)


def bands(mix: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the old rows `[first, stop)` that each new row is mixed from, `(row, 2)`."""
    used = mix > 0
    return np.stack([used.argmax(axis=1), len(mix) - used[:, ::-1].argmax(axis=1)], axis=1)


def sources(wedge: Wedge) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64], NDArray[np.float32]]:
    """Return which views and channels of a scan a wedge's rays are interpolated from.

    Returns:
        For each ray the first of four views, relative to the direction's number, their weights `(ray, 4)`, the first
        of four channels, and their weights `(ray, 4)`.
    """
    helix = wedge.helix
    view = -wedge.gamma / helix.view_pitch
    channel = (wedge.gamma - helix.gamma[0]) / helix.channel_pitch
    view_low = np.floor(view).astype(np.int64)
    channel_low = np.clip(np.floor(channel).astype(np.int64), 1, helix.channels - 3)
    view_weight, channel_weight = cubic(view - view_low), cubic(channel - channel_low)
    return view_low - 1, view_weight.astype(np.float32), channel_low - 1, channel_weight.astype(np.float32)
