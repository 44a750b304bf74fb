"""The helix, the curved detector and the voxel grid, in the scanner's coordinates.

The isocentre line is the z axis; x, y, z are the volume's own directions with the origin in its middle. The focus
runs on `(R cos lam, R sin lam, z)` with the source angle `lam`; the detector is a cylinder of radius D around the
focus, its channels `gamma` equal fan angles, its rows `v` equal heights (PHYSICS of Koken & Grass, PMB 51:3433).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.errors import SettingError
from labelct.scanner.settings import ScannerSettings

Array = NDArray[np.float32]  # a volume `(x, y, z)`, projections `(view, channel, row)`, or one of their axes


@dataclass(frozen=True)
class Grid:
    """A voxel grid.

    Attributes:
        shape: Voxels `(x, y, z)`.
        spacing: Voxel size in mm.
        origin: Middle of voxel (0, 0, 0) in mm.
    """

    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float]

    @classmethod
    def centred(cls, shape: tuple[int, ...], spacing: tuple[float, float, float]) -> Grid:
        """Return the grid whose middle is the isocentre."""
        x, y, z = (-(count - 1) / 2 * step for count, step in zip(shape, spacing, strict=True))
        return cls((shape[0], shape[1], shape[2]), spacing, (x, y, z))

    def axis(self, number: int) -> NDArray[np.float64]:
        """Return the voxel middles along one axis in mm."""
        return self.origin[number] + np.arange(self.shape[number], dtype=np.float64) * self.spacing[number]

    @property
    def corner(self) -> float:
        """How far its corner columns lie from the axis in mm."""
        return math.hypot(*(max(abs(self.axis(number)[0]), abs(self.axis(number)[-1])) for number in (0, 1)))

    def slices(self, start: int, stop: int) -> Grid:
        """Return the grid of the slices `[start, stop)`."""
        x, y, z = self.origin
        shape = (self.shape[0], self.shape[1], stop - start)
        return replace(self, shape=shape, origin=(x, y, z + start * self.spacing[2]))


@dataclass(frozen=True)
class Helix:
    """A helical scan: every ray of it follows from these numbers.

    Attributes:
        source_isocentre: R in mm.
        source_detector: D in mm.
        channels: Channels of the fan.
        channel_pitch: Fan angle between channels in rad.
        channel_offset: Shift of the detector in channels.
        rows: Detector rows.
        row_pitch: Distance of the rows at the detector in mm.
        views_per_turn: Views in one turn.
        table_feed: Way of the focus along z per turn in mm.
        views: Views of the whole scan.
        first_angle: Source angle of view 0 in rad.
        first_height: Height of the focus at view 0 in mm.
    """

    source_isocentre: float
    source_detector: float
    channels: int
    channel_pitch: float
    channel_offset: float
    rows: int
    row_pitch: float
    views_per_turn: int
    table_feed: float
    views: int
    first_angle: float = 0.0
    first_height: float = 0.0

    @property
    def shape(self) -> tuple[int, int, int]:
        """Projections `(view, channel, row)`."""
        return self.views, self.channels, self.rows

    @property
    def view_pitch(self) -> float:
        """Angle between views in rad."""
        return 2 * math.pi / self.views_per_turn

    @property
    def gamma(self) -> NDArray[np.float64]:
        """Fan angle of each channel in rad."""
        return (
            np.arange(self.channels, dtype=np.float64) - (self.channels - 1) / 2 - self.channel_offset
        ) * self.channel_pitch

    @property
    def v(self) -> NDArray[np.float64]:
        """Height of each row above the focus at the detector in mm."""
        return (np.arange(self.rows, dtype=np.float64) - (self.rows - 1) / 2) * self.row_pitch

    @property
    def fan(self) -> float:
        """Largest fan angle that both sides of the detector see, in rad."""
        return ((self.channels - 1) / 2 - abs(self.channel_offset)) * self.channel_pitch

    @property
    def field_of_view(self) -> float:
        """Radius in mm of the circle that every view sees."""
        return self.source_isocentre * math.sin(self.fan)

    @property
    def collimation(self) -> float:
        """Height of the beam at the isocentre in mm."""
        return self.rows * self.row_pitch * self.source_isocentre / self.source_detector

    @property
    def pitch(self) -> float:
        """Table feed per turn over the collimation."""
        return self.table_feed / self.collimation

    def angle(self, view: NDArray[Any] | float) -> NDArray[np.float64]:
        """Return the unwrapped source angle of a view (fractions allowed) in rad."""
        return self.first_angle + np.asarray(view, np.float64) * self.view_pitch

    def height(self, view: NDArray[Any] | float) -> NDArray[np.float64]:
        """Return the height of the focus at a view (fractions allowed) in mm."""
        return self.first_height + np.asarray(view, np.float64) / self.views_per_turn * self.table_feed

    def part(self, start: int, stop: int) -> Helix:
        """Return the views `[start, stop)` as a scan of their own."""
        angle, height = float(self.angle(start)), float(self.height(start))
        return replace(self, views=stop - start, first_angle=angle, first_height=height)

    def finer(self, rays: int) -> Helix:
        """Return the scan with every cell cut into `rays x rays`."""
        return replace(
            self,
            channels=self.channels * rays,
            channel_pitch=self.channel_pitch / rays,
            channel_offset=self.channel_offset * rays,
            rows=self.rows * rays,
            row_pitch=self.row_pitch / rays,
        )


def focal_places(rays: int, width: float) -> NDArray[np.float64]:
    """Return the places on the focal spot that cells of so many rays are seen from, mm beside its middle.

    Args:
        rays: Rays per cell along the channels, each of a place of its own.
        width: Of the focal spot in mm; 0: a point.
    """
    return ((np.arange(rays) + 0.5) / rays - 0.5) * width if width > 0 else np.zeros(1)


def pitch_limit(radius: float, source_isocentre: float) -> float:
    """Return the largest pitch at which every view direction lights a voxel at `radius` (mm) from the axis."""
    g = math.asin(min(radius / source_isocentre, 1.0))
    return 2 * math.cos(g) / (1 + 2 * g / math.pi)


def overscan(helix: Helix, radius: float) -> float:
    """Return how far in mm the focus must travel beyond the last slice for a circle of `radius` to be fully lit."""
    beam = helix.collimation / 2 * (helix.source_isocentre + radius) / helix.source_isocentre
    per_radian = abs(helix.table_feed) / (2 * math.pi)
    return beam + per_radian * (helix.fan + 2 * helix.view_pitch)


def recon_radius(scanner: ScannerSettings, helix: Helix, grid: Grid) -> float:
    """Return the radius in mm of the circle to reconstruct: chosen, or what the grid and the scanner share.

    Raises:
        SettingError: if the chosen field of view is wider than the scanner's.
    """
    chosen = scanner.recon.field_of_view
    if chosen is not None and chosen / 2 > helix.field_of_view:
        allowed = f"{2 * helix.field_of_view:.0f} mm or less, the field of view of this scanner"
        raise SettingError("recon.field_of_view", chosen, allowed, "widen the fan: more channels or channel_pitch")
    return min(grid.corner, chosen / 2 if chosen is not None else helix.field_of_view)


def plan(scanner: ScannerSettings, grid: Grid) -> Helix:
    """Return the helix that lights every slice of a grid from every direction.

    Args:
        scanner: Its geometry, pitch and field of view.
        grid: Where the image shall be.

    Raises:
        SettingError: if the pitch leaves gaps, or a view count makes no sense.
    """
    helix = Helix(
        scanner.source_isocentre,
        scanner.source_detector,
        scanner.channels,
        scanner.channel_pitch,
        scanner.channel_offset,
        scanner.rows,
        scanner.row_width * scanner.source_detector / scanner.source_isocentre,
        scanner.views,
        scanner.pitch * scanner.rows * scanner.row_width,
        1,
    )
    radius = recon_radius(scanner, helix, grid)
    limit = pitch_limit(radius, helix.source_isocentre)
    if helix.pitch > limit:
        allowed = f"{limit:.2f} or less for a field of view of {2 * radius:.0f} mm"
        raise SettingError("pitch", scanner.pitch, allowed, "lower the pitch or recon.field_of_view")
    low, high = grid.axis(2)[0], grid.axis(2)[-1]
    margin = overscan(helix, radius)
    views = math.ceil((high - low + 2 * margin) / helix.table_feed * helix.views_per_turn) + 1
    return replace(helix, views=views, first_height=float(low - margin))
