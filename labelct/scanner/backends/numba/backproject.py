"""Aperture-weighted backprojection of wedges (Koken & Grass, PMB 51 (2006) 3433; weights of Stierstorfer et al.,
PMB 49 (2004) 2209).

A voxel is lit from direction `base + k pi` by several half turns k. Their samples are averaged with weights that
fade towards the edge of the detector, for each base direction on its own, so that all measured photons count and
nothing jumps where a half turn stops seeing the voxel.

The arguments that the kernels share:
    path: None (portable) or a tuple with an item for every 16 stored rows (AVX-512 permute), see `aperture`.
    wedge: Filtered rays, flat, `(direction, u, row)`.
    directions: Number of `wedge`'s first direction, of directions in it, and in half a turn.
    detector: Rays, stored rows, real rows.
    scan: R, D, row pitch at the detector, first u, du (mm), first angle, view pitch (rad), first height (mm), feed
        per rad (mm).
    optics: Aperture Q that counts fully, `1 / (1 - Q)`, half the number of real rows.
    x, y: Columns in mm.
    zs: First slice and slice distance in mm.
    gammas: Fan angle of each ray.
    scratch: Table of rows, sums of the weighted samples, sums of the weights; the sums are left empty.
    total: `(column, slice)`, added to.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs

import math
from dataclasses import replace
from typing import Any

import numba
import numpy as np

from labelct.scanner.backends.numba.aperture import aperture_add
from labelct.scanner.backends.numba.rebin import filtered_wedge
from labelct.scanner.backends.numba.simd import SIMD_WIDTH
from labelct.scanner.backends.numba.simd_interpolation import COMPILE, has_permute
from labelct.scanner.chunked_reconstruction import VIEWS_PER_BLOCK, Reconstruction, ViewBuffer, Views
from labelct.scanner.geometry import Array
from labelct.scanner.wedge import Wedge
from labelct.threads import over

TILE = 16  # columns along x and y that see neighbouring rays from one direction
REGISTERS = 8  # that hold a table: 128 rows


@numba.njit(**COMPILE)
def _aim(x, y, base, parity, detector, scan, zs, gammas, aim):
    """Find where each column lies in the directions `base + k pi` with k even (parity 0) or odd (1).

    Args:
        aim: `(column, 4)`, written: left one of its two rays, weight of the right one, half the beam's height and
            height of the focus at k = 0, both in slices.
    """
    rays, _, rows = detector
    r, d, row_pitch, u_first, du, angle, view_pitch, height, feed = scan
    sign = 1.0 - 2.0 * parity
    cos, sin = sign * math.cos(angle + base * view_pitch), sign * math.sin(angle + base * view_pitch)
    per_u, per_z, half_beam = 1.0 / du, 1.0 / zs[1], rows * row_pitch / (2.0 * d)
    for n in range(len(x)):
        u = x[n] * sin - y[n] * cos
        distance = math.sqrt(r * r - u * u) - (x[n] * cos + y[n] * sin)
        at = (u - u_first) * per_u
        left = min(max(int(at), 0), rays - 2)
        part = at - left
        gamma = gammas[left] + part * (gammas[left + 1] - gammas[left])
        aim[n, 0], aim[n, 1], aim[n, 2] = left, part, half_beam * distance * per_z
        aim[n, 3] = (height + feed * (base * view_pitch - gamma) - zs[0]) * per_z


@numba.njit(**COMPILE)
def _half_turns(path, wedge, at, detector, optics, aim, turns, travel, slices, scratch):
    """Add what every second half turn sees of one column.

    Args:
        at: Where the direction of k = 0 starts in `wedge`.
        aim: The column's row of `_aim`.
        turns: Parity of k, first and last k in `wedge`.
        travel: From k to k + 1: floats in `wedge`, slices.
    """
    left, part, reach, shift = int(aim[0]), np.float32(aim[1]), aim[2], aim[3]
    parity, first, last = turns
    q_step, per_feed = 1.0 / reach, 1.0 / travel[1]
    low = max(math.ceil((-reach - shift) * per_feed), first)
    high = min(math.floor((slices - 1 + reach - shift) * per_feed), last)
    for k in range(low + ((low + parity) & 1), high + 1, 2):
        focus, here = shift + travel[1] * k, at + k * travel[0] + left * detector[1]
        start = max(0, math.ceil(focus - reach))
        stop = min(slices, math.floor(focus + reach) + 1)
        q = np.float32((start - focus) * q_step)
        aperture_add(path, scratch, wedge, here, detector[1], part, start, stop, q, np.float32(q_step), optics)


@numba.njit(**COMPILE)
def _average(scratch, total):
    """Add the weighted mean of one base direction's samples to `total` and empty the sums."""
    _, sums, weights = scratch
    for z in range(len(total)):
        total[z] += sums[z] / max(weights[z], np.float32(1e-20))
        sums[z], weights[z] = np.float32(0.0), np.float32(0.0)


@numba.njit(**COMPILE)
def _columns(path, wedge, directions, detector, scan, optics, x, y, zs, gammas, table, total):
    """Sum over all base directions; `table` holds stored rows, two more and those that idle simd reach.

    Base by base, because the rays that neighbouring columns see from one direction stay in the cache.
    """
    first, count, half_turn = directions
    columns, slices = total.shape
    scratch = (table, np.zeros(slices + 16, np.float32), np.zeros(slices + 16, np.float32))
    aim = np.empty((2, columns, 4))
    size = detector[0] * detector[1]
    travel = half_turn * size, scan[8] * scan[6] * half_turn / zs[1]
    for base in range(half_turn):
        for parity in range(2):
            _aim(x, y, base, parity, detector, scan, zs, gammas, aim[parity])
        low, high = -((base - first) // half_turn), (first + count - 1 - base) // half_turn
        at = (base - first) * size
        for n in range(columns):
            for parity in range(2):
                turns = parity, low, high
                _half_turns(path, wedge, at, detector, optics, aim[parity, n], turns, travel, slices, scratch)
            _average(scratch, total[n])


def _geometry(wedge: Wedge, aperture: float) -> tuple[tuple[Any, ...], ...]:
    """Return the kernels' `detector`, `scan` and `optics`."""
    helix = wedge.helix
    scan = (
        helix.source_isocentre,
        helix.source_detector,
        helix.row_pitch,
        float(wedge.u[0]),
        wedge.spacing,
        helix.first_angle,
        helix.view_pitch,
        helix.first_height,
        helix.table_feed / (2 * math.pi),
    )
    optics = tuple(np.float32(value) for value in (aperture, 1 / (1 - aperture), helix.rows / 2))
    return (helix.channels, wedge.rows, helix.rows), scan, optics


def backproject(
    filtered: Array, first: int, what: Reconstruction, image: Array | None = None, path: Any = "best"
) -> Array:
    """Return the image of filtered wedges.

    Args:
        filtered: `(direction, u, row)` from `filtered_wedge`, all directions that light the image.
        first: Number of its first direction.
        what: The image, its circle and the aperture.
        image: Where to write, `(x, y, z)`; zeros.
        path: None (portable), True (permute) or "best".

    Returns:
        Attenuation in 1/mm, `(x, y, z)`.
    """
    wedge, grid, helix = what.wedge, what.grid, what.wedge.helix
    result = np.zeros(grid.shape, np.float32) if image is None else image
    registers = (True,) * (wedge.rows // SIMD_WIDTH)
    if path == "best":
        path = has_permute() and len(registers) <= REGISTERS
    kind = registers if path else None
    xs, ys, zs = grid.axis(0), grid.axis(1), (grid.origin[2], grid.spacing[2])
    directions = (first, len(filtered), helix.views_per_turn // 2)
    geometry = (directions, *_geometry(wedge, what.settings.aperture))
    steepest = helix.source_detector * grid.spacing[2] / ((helix.source_isocentre - what.radius) * helix.row_pitch)
    corners = [(x, y) for x in range(0, len(xs), TILE) for y in range(0, len(ys), TILE)]

    def task(number: int) -> None:
        corner_x, corner_y = corners[number]
        tile = result[corner_x : corner_x + TILE, corner_y : corner_y + TILE]
        x, y = np.meshgrid(xs[corner_x : corner_x + TILE], ys[corner_y : corner_y + TILE], indexing="ij")
        inside = np.hypot(x, y) <= what.radius
        total = np.zeros((np.count_nonzero(inside), grid.shape[2]), np.float32)
        table = np.zeros(wedge.rows + 4 + math.ceil(SIMD_WIDTH * steepest), np.float32)
        _columns(kind, filtered.reshape(-1), *geometry, x[inside], y[inside], zs, wedge.gamma, table, total)
        tile[inside] = total * np.float32(helix.view_pitch)

    over(task, len(corners))
    return result


def reconstruct(views: Views, what: Reconstruction, image: Array | None = None) -> Array:
    """Return the image of a scan; see `Backend.reconstruct`."""
    wedge, margin = what.wedge, what.wedge.margin
    channels, rows = wedge.helix.channels, wedge.helix.rows
    cone = ViewBuffer(views, np.empty((VIEWS_PER_BLOCK + 2 * margin, channels, rows), np.float32))

    def make(start: int, stop: int) -> Array:
        around = cone.take(start - margin, stop + margin)
        return filtered_wedge(around, margin, stop - start, what)

    capacity = max(stop - start for _, _, (start, stop) in what.chunks())
    filtered = ViewBuffer(make, np.empty((capacity, channels, wedge.rows), np.float32), margin)
    image = np.zeros(what.grid.shape, np.float32) if image is None else image
    for first, part, directions in what.chunks():
        lit, slices = filtered.take(*directions), image[:, :, first : first + part.shape[2]]
        backproject(lit, directions[0], replace(what, grid=part), slices)
    return image
