"""Aperture-weighted backprojection of wedges (Koken & Grass, PMB 51 (2006) 3433; weights of Stierstorfer et al.,
PMB 49 (2004) 2209).

A voxel is lit from direction `base + k pi` by several half turns k. Their samples are averaged with weights that
fade towards the edge of the detector, for each base direction on its own, so that all measured photons count and
nothing jumps where a half turn stops seeing the voxel.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from labelct.scanner.geometry import Grid
from labelct.scanner.lookup import COMPILE, TABLE, aperture_add, blend_rows, has_permute
from labelct.scanner.rebin import Wedge
from labelct.scanner.threads import over

TILE = 16


@numba.njit(**COMPILE)
def _tile(path, wedge, directions, ray, scan, aperture, xs, ys, zs, gammas, radius, image):
    """Reconstruct one tile of columns.

    Args:
        path: None (portable) or True (AVX-512 permute).
        wedge: Filtered rays, flat, `(direction, u, row)`.
        directions: Number of `wedge`'s first direction, of directions in it, and in half a turn.
        ray: Rays, stored rows, real rows.
        scan: R, D, row pitch at the detector, first u, du (mm), first angle, view pitch (rad), first height (mm),
            feed per rad (mm).
        aperture: Share of the rows that counts fully.
        xs, ys: Columns in mm.
        zs: First slice and slice distance in mm.
        gammas: Fan angle of each ray.
        radius: Of the reconstructed circle in mm.
        image: `(x, y, z)`, written.
    """
    first, count, half_turn = directions
    rays, stored, rows = ray
    r, d, row_pitch, u_first, du, angle, view_pitch, height, feed = scan
    slices = image.shape[2]
    total = np.empty(slices, np.float32)
    sums, weights = np.zeros(slices + 32, np.float32), np.zeros(slices + 32, np.float32)
    table = np.zeros(stored + 32, np.float32)
    full, scale = np.float32(aperture), np.float32(1.0 / (1.0 - aperture))
    last, edge = np.float32(rows - 1), rows * row_pitch / 2
    per_u = 1.0 / du
    dz, middle, half_feed = zs[1], (rows - 1) / 2, feed * view_pitch * half_turn / zs[1]
    ceil_first, floor_last = np.empty(half_turn, np.int64), np.empty(half_turn, np.int64)
    cos, sin = np.empty(half_turn), np.empty(half_turn)
    for base in range(half_turn):
        cos[base], sin[base] = math.cos(angle + base * view_pitch), math.sin(angle + base * view_pitch)
        ceil_first[base] = -((base - first) // half_turn)
        floor_last[base] = (first + count - 1 - base) // half_turn
    for i in range(len(xs)):
        for j in range(len(ys)):
            x, y = xs[i], ys[j]
            if x * x + y * y > radius * radius:
                continue
            total[:] = 0.0
            for base in range(half_turn):
                u_base, w_base = x * sin[base] - y * cos[base], x * cos[base] + y * sin[base]
                chord = math.sqrt(r * r - u_base * u_base)
                sums[:], weights[:] = 0.0, 0.0
                for parity in range(2):
                    sign = 1.0 - 2.0 * parity
                    at = (sign * u_base - u_first) * per_u
                    left = min(max(int(at), 0), rays - 2)
                    part = at - left
                    gamma = gammas[left] + part * (gammas[left + 1] - gammas[left])
                    distance = chord - sign * w_base
                    reach = edge * distance / (d * dz)
                    row_step = d * dz / (distance * row_pitch)
                    q_step = 1.0 / reach
                    # the half turns of this parity whose beam meets a slice
                    shift = (height + feed * (base * view_pitch - gamma) - zs[0]) / dz
                    low = math.ceil((-reach - shift) / half_feed)
                    high = math.floor((slices - 1 + reach - shift) / half_feed)
                    low, high = max(low, ceil_first[base]), min(high, floor_last[base])
                    for k in range(low + ((low + parity) & 1), high + 1, 2):
                        here = ((base + k * half_turn - first) * rays + left) * stored
                        focus = shift + half_feed * k
                        start = max(0, math.ceil(focus - reach))
                        stop = min(slices, math.floor(focus + reach) + 1)
                        blend_rows(table, wedge, here, here + stored, np.float32(part), stored)
                        for z in range(start, stop, 16):
                            above = z - focus
                            aperture_add(
                                path,
                                sums,
                                weights,
                                z,
                                table,
                                last,
                                np.float32(above * row_step + middle),
                                np.float32(row_step),
                                np.float32(above * q_step),
                                np.float32(q_step),
                                full,
                                scale,
                            )
                for z in range(slices):
                    total[z] += sums[z] / max(weights[z], np.float32(1e-20))
            for z in range(slices):
                image[i, j, z] = total[z] * np.float32(view_pitch)


def backproject(
    filtered: NDArray[np.float32],
    first: int,
    wedge: Wedge,
    grid: Grid,
    aperture: float,
    radius: float,
    image: NDArray[np.float32] | None = None,
    path: Any = "best",
) -> NDArray[np.float32]:
    """Return the image of filtered wedges.

    Args:
        filtered: `(direction, u, row)` from `rebin.filtered_wedge`, all directions that light the grid.
        first: Number of its first direction.
        wedge: Geometry.
        grid: Slices to reconstruct.
        aperture: Share Q of the rows that counts fully.
        radius: Of the circle to reconstruct in mm; zero outside.
        image: Where to write, `(x, y, z)`; zeros.
        path: None (portable), True (permute) or "best".

    Returns:
        Attenuation in 1/mm, `(x, y, z)`.
    """
    helix = wedge.helix
    result = np.zeros(grid.shape, np.float32) if image is None else image
    if path == "best":
        path = True if has_permute() and helix.rows <= TABLE else None
    xs, ys = grid.axis(0), grid.axis(1)
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
    directions = (first, len(filtered), helix.views_per_turn // 2)
    ray = (helix.channels, wedge.rows, helix.rows)
    flat, zs = filtered.reshape(-1), (grid.origin[2], grid.spacing[2])
    corners = [(x, y) for x in range(0, len(xs), TILE) for y in range(0, len(ys), TILE)]

    def task(number: int) -> None:
        x, y = corners[number]
        columns = slice(x, x + TILE), slice(y, y + TILE)
        gammas, part = wedge.gamma, result[columns]
        _tile(path, flat, directions, ray, scan, aperture, xs[columns[0]], ys[columns[1]], zs, gammas, radius, part)

    over(task, len(corners))
    return result
