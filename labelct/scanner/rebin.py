"""From cone beams to wedges: rays that are parallel in the plane and still diverge along z (Koken & Grass 2006)."""

# mypy: allow-untyped-defs, allow-incomplete-defs

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from labelct.scanner import filter as ramp_filter
from labelct.scanner.geometry import Helix
from labelct.scanner.lookup import COMPILE
from labelct.threads import over

VIEWS_PER_TASK = 16


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
        """Rows as stored: filled up to a multiple of 16 for the kernels."""
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
    return (mix * cosine).astype(np.float32)


def bands(mix: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the old rows `[first, stop)` that each new row is mixed from, `(row, 2)`."""
    used = mix > 0
    return np.stack([used.argmax(axis=1), len(mix) - used[:, ::-1].argmax(axis=1)], axis=1)


def _sources(wedge: Wedge) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64], NDArray[np.float32]]:
    """Return each ray's first view (relative to the direction) and channel, and the weights of four of either."""
    helix = wedge.helix
    view = -wedge.gamma / helix.view_pitch
    channel = (wedge.gamma - helix.gamma[0]) / helix.channel_pitch
    view_low = np.floor(view).astype(np.int64)
    channel_low = np.clip(np.floor(channel).astype(np.int64), 1, helix.channels - 3)
    view_weight, channel_weight = cubic(view - view_low), cubic(channel - channel_low)
    return view_low - 1, view_weight.astype(np.float32), channel_low - 1, channel_weight.astype(np.float32)


@numba.njit(**COMPILE)
def _rebin(cone, first, view_index, view_weight, channel_index, channel_weight, mix, bands, out):
    """Interpolate 4 views x 4 channels for every ray and mix the rows.

    Args:
        cone: Some views of the scan, `(view, channel, row)`.
        first: Direction number of `out[0]` less the number of the view `cone[0]`.
        view_index: Per ray, the first of its four views relative to the direction's number.
        view_weight: `(ray, 4)`.
        channel_index: Per ray, the first of its four channels.
        channel_weight: `(ray, 4)`.
        mix: `(row, row)`.
        bands: First and last old row of each new row, `(row, 2)`.
        out: `(direction, ray, rows filled up)`.
    """
    rows, filled = cone.shape[2], out.shape[2]
    line = np.zeros(rows, np.float32)
    for direction in range(out.shape[0]):
        for ray in range(out.shape[1]):
            line[:] = 0.0
            for i in range(4):
                view = first + direction + view_index[ray] + i
                for j in range(4):
                    weight = view_weight[ray, i] * channel_weight[ray, j]
                    source = cone[view, channel_index[ray] + j]
                    for row in range(rows):
                        line[row] += weight * source[row]
            for row in range(rows):
                total = np.float32(0.0)
                for old in range(bands[row, 0], bands[row, 1]):
                    total += mix[row, old] * line[old]
                out[direction, ray, row] = total
            for row in range(rows, filled):
                out[direction, ray, row] = out[direction, ray, rows - 1]


def filtered_wedge(
    cone: NDArray[np.float32], first: int, count: int, wedge: Wedge, kernel: str, thickness: float
) -> NDArray[np.float32]:
    """Return rebinned and filtered projections.

    Args:
        cone: Views `(view, channel, row)` around the wanted directions, `wedge.margin` more on either side.
        first: Directions that `cone[0]` lies before the first wanted one.
        count: Wanted directions.
        wedge: Geometry.
        kernel: Of the ramp filter.
        thickness: Of the slices in mm.

    Returns:
        `(direction, u, row)` with rows filled up to a multiple of 16, in 1/mm.
    """
    helix = wedge.helix
    sources = _sources(wedge)
    mix = thickness_weights(helix, thickness)
    ranges = bands(mix)
    length, response = ramp_filter.fast_length(helix.channels), ramp_filter.ramp(kernel, helix.channels, wedge.spacing)
    result = np.empty((count, helix.channels, wedge.rows), np.float32)

    def task(number: int) -> None:
        start = number * VIEWS_PER_TASK
        part = result[start : start + VIEWS_PER_TASK]
        _rebin(cone, first + start, *sources, mix, ranges, part)
        part[:] = ramp_filter.apply(part, response, length)

    over(task, math.ceil(count / VIEWS_PER_TASK))
    return result
