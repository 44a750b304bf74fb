"""Line integrals along a helical scan, and the matched adjoint (Joseph, IEEE TMI 1 (1982) 192)."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.scanner.backends.numba.joseph import TILE, adjoint_tile, forward_views
from labelct.scanner.backends.numba.simd_interpolation import TABLE, has_permute
from labelct.scanner.chunked_reconstruction import Views
from labelct.scanner.geometry import Array, Grid, Helix, focal_places
from labelct.threads import over

VIEWS_PER_TASK = 16  # adjacent ones, for which a tile's columns stay in the cache
COLOURS = ((0, 0), (0, 1), (1, 0), (1, 1))  # parity of the tiles that are summed at the same time


@dataclass(frozen=True)
class Padded:
    """A volume that no ray leaves through its ends: an empty column around it, its slices continued along z.

    Attributes:
        values: Flat padded array, 1/mm.
        shape: Padded shape.
        grid: The grid of the image inside.
        reach: Slices that were added at each end, and that one ray step may touch.
    """

    values: Array
    shape: tuple[int, int, int]
    grid: Grid
    reach: int

    @property
    def world(self) -> NDArray[np.float64]:
        """Origin and spacing of the padded volume in mm."""
        before = (1, 1, self.reach)
        pairs = zip(self.grid.origin, self.grid.spacing, before, strict=True)
        return np.array([*(origin - count * step for origin, step, count in pairs), *self.grid.spacing])


def _steepest(grid: Grid, helix: Helix) -> float:
    """Return how many slices a ray can lie above that of the row below it, anywhere in the volume."""
    distance = helix.source_isocentre + grid.corner + 2 * max(grid.spacing[:2])
    return helix.row_pitch * distance / helix.source_detector / grid.spacing[2]


def _reach(grid: Grid, helix: Helix) -> int:
    """Return how many slices the rows of one channel can span anywhere in the volume, a multiple of 16."""
    rows = (helix.rows + 15) // 16 * 16
    return (math.ceil(rows * _steepest(grid, helix)) + 34) // 16 * 16


def pad(attenuation: Array, grid: Grid, helix: Helix, extend: bool = True) -> Padded:
    """Return the volume as the kernels want it; arguments as for `Backend.forward`."""
    reach = _reach(grid, helix)
    nx, ny, nz = grid.shape
    padded = np.zeros((nx + 2, ny + 2, nz + 2 * reach), np.float32)
    padded[1:-1, 1:-1, reach:-reach] = attenuation
    if extend:
        padded[1:-1, 1:-1, :reach] = attenuation[:, :, :1]
        padded[1:-1, 1:-1, -reach:] = attenuation[:, :, -1:]
    return Padded(padded.reshape(-1), padded.shape, grid, reach)


def unpad(padded: Padded, extend: bool) -> Array:
    """Return the adjoint of `pad`: what lies in the added slices goes back to where it came from."""
    inside = padded.values.reshape(padded.shape)[1:-1, 1:-1]
    reach = padded.reach
    result = inside[:, :, reach:-reach].copy()
    if extend:
        result[:, :, 0] += inside[:, :, :reach].sum(axis=2)
        result[:, :, -1] += inside[:, :, -reach:].sum(axis=2)
    return result


def _fan(helix: Helix, focus: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """Return each channel's ray in the frame of its view; `focus` shifts it along the focal spot (mm)."""
    shift = np.zeros(helix.channels) if focus is None else focus
    ahead = helix.source_detector * np.cos(helix.gamma)
    side = helix.source_detector * np.sin(helix.gamma) + shift
    length = np.hypot(ahead, side)
    return np.stack([shift, ahead / length, side / length, 1 / length], axis=1)


def _kernel_geometry(helix: Helix, focus: NDArray[np.float64] | None) -> tuple[NDArray[np.float64], ...]:
    views = np.arange(helix.views)
    angles = helix.angle(views)
    sources = np.stack([np.cos(angles), np.sin(angles), helix.height(views)], axis=1)
    shift = 0.0 if focus is None else float(np.abs(focus).max()) / helix.source_isocentre * 2
    margin = 1.0 + shift / helix.channel_pitch
    pitch = helix.channel_pitch
    detector = np.array([helix.source_isocentre, helix.gamma[0], pitch, margin, helix.v[0], helix.row_pitch])
    return _fan(helix, focus), sources, detector


def _path(padded: Padded, helix: Helix) -> bool | None:
    """Return the kernels' path: permute where the CPU has it and 16 rows fit its table of 32, else portable."""
    widest = 15 * _steepest(padded.grid, helix)
    return True if has_permute() and widest + 3 <= TABLE else None


def line_integrals(padded: Padded, helix: Helix, focus: NDArray[np.float64] | None = None, path: Any = "best") -> Array:
    """Return the line integrals of a scan, `(view, channel, row)`.

    Args:
        padded: From `pad`.
        helix: The scan.
        focus: Shift of the focus along the focal spot for each channel in mm, `(channel,)`.
        path: None (portable), True (permute) or "best".
    """
    result = np.empty(helix.shape, np.float32)
    fan, sources, detector = _kernel_geometry(helix, focus)
    path = _path(padded, helix) if path == "best" else path

    def task(number: int) -> None:
        views = slice(number * VIEWS_PER_TASK, (number + 1) * VIEWS_PER_TASK)
        forward_views(
            path, padded.values, padded.shape, padded.world, fan, sources[views], detector, padded.reach, result[views]
        )

    over(task, math.ceil(helix.views / VIEWS_PER_TASK))
    return result


def forward(attenuation: Array, grid: Grid, helix: Helix, extend: bool = True) -> Array:
    """Return the line integrals of a scan; see `Backend.forward`."""
    return line_integrals(pad(attenuation, grid, helix, extend), helix)


def project(attenuation: Array, grid: Grid, helix: Helix, rays_per_cell: int = 1, focal_spot: float = 0.0) -> Views:
    """Return the views of a scan; see `Backend.project`."""
    rays = rays_per_cell
    padded = pad(attenuation, grid, helix.finer(rays))
    places = focal_places(rays, focal_spot)

    def views(start: int, stop: int) -> Array:
        part = helix.part(start, stop)
        if rays == 1:
            return line_integrals(padded, part)
        intensity = np.zeros(part.shape, np.float32)
        for place in places:
            focus = np.full(helix.channels * rays, place)
            fine = line_integrals(padded, part.finer(rays), focus)
            cells = np.exp(-fine).reshape(part.views, part.channels, rays, part.rows, rays)
            intensity += cells.mean(axis=(2, 4)) / np.float32(len(places))
        return -np.log(np.maximum(intensity, np.float32(1e-30)))

    return views


def adjoint(projections: Array, grid: Grid, helix: Helix, extend: bool = True) -> Array:
    """Return the matched adjoint of `forward`; see `Backend.adjoint`.

    Tiles are summed in four colours, so that no two threads write to the same column and the sums have one order.
    """
    padded = pad(np.zeros(grid.shape, np.float32), grid, helix, False)
    geometry = (padded.values, padded.shape, padded.world, *_kernel_geometry(helix, None), padded.reach)
    nx, ny, _ = padded.shape
    for colour_x, colour_y in COLOURS:
        starts_x, starts_y = range(colour_x * TILE, nx - 1, 2 * TILE), range(colour_y * TILE, ny - 1, 2 * TILE)
        corners = [(x, y) for x in starts_x for y in starts_y]

        def task(number: int, corners: list[tuple[int, int]] = corners) -> None:
            adjoint_tile(*geometry, corners[number], projections)

        over(task, len(corners))
    return unpad(padded, extend)
