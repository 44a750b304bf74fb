"""Aperture-weighted backprojection of wedges (Koken & Grass, PMB 51 (2006) 3433; weights of Stierstorfer et al.,
PMB 49 (2004) 2209), on the device.

A program keeps a tile of columns and some slices, which lie in the lanes: a half turn's rows rise evenly through
them, so that neighbouring lanes read neighbouring rows. It goes through the base directions of one half turn and, of
each, through the half turns k that light any of its voxels: an even and an odd one at a time, which see a column from
opposite sides. Each base direction is averaged on its own.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs

import math
from dataclasses import replace

import numpy as np
import torch
import triton
import triton.language as tl
from numpy.typing import NDArray
from torch import Tensor

from labelct.accelerator import within_memory
from labelct.scanner.backends.cuda.blocks import FUSED
from labelct.scanner.backends.cuda.device import INTERPRETED, as_given, name, on_device, table
from labelct.scanner.backends.cuda.memory import REMEDY, check_memory
from labelct.scanner.backends.cuda.rebin import filtered_wedge
from labelct.scanner.chunked_reconstruction import VIEWS_PER_BLOCK, Reconstruction, ViewBuffer, Views
from labelct.scanner.operations import Values
from labelct.scanner.wedge import APERTURE_SINE

TILE = 64 if INTERPRETED else 4  # columns along x and y; the interpreter's cost is by the operation
SLICES = 16  # of a program: many are lit at once, and two columns of them fill a warp, which reads rows together
WARPS = 2  # of a program: four voxels a thread, sixteen loads in flight
SINE = tl.constexpr(APERTURE_SINE)
VARYING = ["nx", "ny", "nz", "half_turn", "rays", "rows"]


@triton.jit
def _between(at, rays):
    """Return the left one of the two rays that columns lie between, and the weight of the right one."""
    left = tl.minimum(tl.maximum(at.to(tl.int32), 0), rays - 2)
    return left, at - left.to(tl.float32)


@triton.jit
def _half_turn(wedge, left, part, q, rows, full, fade, half):
    """Return the weights of one half turn's samples, and the weighted samples, `(column, slice)`.

    Args:
        wedge: The direction's rays, `(u, row)`.
        left, part: Left one of a column's two rays, weight of the right one.
        q: Places in the aperture, lit from -1 to 1.
        rows: Of a ray.
        full, fade: Aperture Q that counts fully, `1 / (1 - Q)`.
        half: Half the number of rows.
    """
    t = (tl.abs(q) - full) * fade
    y = tl.minimum(tl.maximum(t, 0.0), 1.0) - 0.5
    square = y * y
    series = (SINE[2] * square + SINE[1]) * square + SINE[0]
    weight = 0.5 - 0.5 * y * (series * (square - 0.25) + 2.0)
    weight = tl.where(tl.abs(q) < 1.0, weight, 0.0)
    at = tl.minimum(tl.maximum(q * half + (half - 0.5), 0.0), 2.0 * half - 1.0)
    row = tl.minimum(at.to(tl.int32), rows - 2)
    here = wedge + (left * rows)[:, None] + row
    below, above = tl.load(here), tl.load(here + 1)
    below += part[:, None] * (tl.load(here + rows) - below)
    above += part[:, None] * (tl.load(here + rows + 1) - above)
    return weight, weight * (below + (at - row.to(tl.float32)) * (above - below))


@triton.jit(do_not_specialize=VARYING)
def backproject_kernel(
    image, wedge, bases, gammas, nx, ny, nz, half_turn, rays, rows,
    x0, dx, y0, dy, radius_squared, source_squared, first_u,
    per_u, half_beam, feed, full, fade, half_rows, travel, per_travel, view_pitch,
    TILE: tl.constexpr, SLICES: tl.constexpr,
):  # fmt: skip
    """Write the image of filtered wedges.

    Args:
        image: `(x, y, z)`, zero outside the circle.
        wedge: `(direction, u, row)`.
        bases: `(half_turn, 5)`: cosine and sine of each base direction, height of its focus above slice 0 in slices,
            number of the last even and of the last odd half turn in `wedge`, counted from 0 each, -1 for none.
        gammas: Fan angle of each ray.
        nx, ny, nz: Shape of the image.
        half_turn: Directions in half a turn.
        rays, rows: Of a direction.
        x0, dx, y0, dy: First column and distance of the columns in mm.
        radius_squared, source_squared: Of the circle and of the focus, in mm^2.
        first_u, per_u: First ray in mm, rays per mm.
        half_beam: Half the beam's height in slices per mm of distance from the focus.
        feed: Way of the focus in slices per rad.
        full, fade: Aperture Q that counts fully, `1 / (1 - Q)`.
        half_rows: Half the number of rows.
        travel, per_travel: Way of the focus in slices per turn, and one over it.
        view_pitch: Angle between directions in rad.
        TILE: Columns of a program along x and y.
        SLICES: Of a program.
    """
    tiles_y = tl.cdiv(ny, TILE)
    tiles = tl.cdiv(nx, TILE) * tiles_y
    tile = tl.program_id(0) % tiles
    column = tl.arange(0, TILE * TILE)
    ix, iy = tile // tiles_y * TILE + column // TILE, tile % tiles_y * TILE + column % TILE
    first = tl.program_id(0) // tiles * SLICES
    slice_number = first + tl.arange(0, SLICES)
    z = slice_number.to(tl.float32)
    x = x0 + ix.to(tl.float32) * dx
    y = y0 + iy.to(tl.float32) * dy
    inside = (x * x + y * y <= radius_squared) & (ix < nx) & (iy < ny)
    x, y = tl.where(inside, x, 0.0), tl.where(inside, y, 0.0)
    low, high = first.to(tl.float32), tl.minimum(first + SLICES, nz).to(tl.float32) - 1.0
    total = tl.zeros([TILE * TILE, SLICES], tl.float32)
    for base in range(tl.where(tl.max(inside.to(tl.int32), 0) > 0, half_turn, 0)):
        cos, sin = tl.load(bases + base * 5), tl.load(bases + base * 5 + 1)
        u, w = x * sin - y * cos, x * cos + y * sin
        root, at = tl.sqrt(source_squared - u * u), (u - first_u) * per_u
        left, part = _between(at, rays)
        gamma = tl.load(gammas + left)
        lift = feed * (gamma + part * (tl.load(gammas + left + 1) - gamma))
        height = tl.load(bases + base * 5 + 2)
        samples, weights = tl.zeros([TILE * TILE, SLICES], tl.float32), tl.zeros([TILE * TILE, SLICES], tl.float32)
        for parity in tl.static_range(2):
            if parity == 0:
                reach, focus = half_beam * (root - w), height - lift
            else:
                left, part = _between((rays - 1).to(tl.float32) - at, rays)
                reach, focus = half_beam * (root + w), height + lift + 0.5 * travel
            begin, end = tl.min(low - reach - focus, 0), tl.max(high + reach - focus, 0)
            turn = tl.maximum(tl.ceil(begin * per_travel), 0.0).to(tl.int32)
            last = tl.minimum(tl.floor(end * per_travel), tl.load(bases + base * 5 + 3 + parity)).to(tl.int32)
            per_reach = 1.0 / reach
            for number in range(turn, last + 1):
                q = (z[None, :] - (focus + travel * number)[:, None]) * per_reach[:, None]
                rays_there = wedge + (base + (2 * number + parity) * half_turn).to(tl.int64) * rays * rows
                weight, sample = _half_turn(rays_there, left, part, q, rows, full, fade, half_rows)
                samples += sample
                weights += weight
        total += samples / tl.maximum(weights, 1e-20)
    there = image + (ix.to(tl.int64) * ny + iy)[:, None] * nz + slice_number[None, :]
    total = tl.where(inside[:, None], total * view_pitch, 0.0)
    tl.store(there, total, mask=((ix < nx) & (iy < ny))[:, None] & (slice_number < nz)[None, :])


def _geometry(what: Reconstruction) -> dict[str, float]:
    """Return the lengths and angles that the kernel reads, by the names of its arguments."""
    wedge, grid, helix, aperture = what.wedge, what.grid, what.wedge.helix, what.settings.aperture
    dz = grid.spacing[2]
    return {
        "x0": grid.origin[0],
        "dx": grid.spacing[0],
        "y0": grid.origin[1],
        "dy": grid.spacing[1],
        "radius_squared": what.radius**2,
        "source_squared": helix.source_isocentre**2,
        "first_u": float(wedge.u[0]),
        "per_u": 1 / wedge.spacing,
        "half_beam": helix.rows * helix.row_pitch / (2 * helix.source_detector * dz),
        "feed": helix.table_feed / (2 * math.pi * dz),
        "full": aperture,
        "fade": 1 / (1 - aperture),
        "half_rows": helix.rows / 2,
        "travel": helix.table_feed / dz,
        "per_travel": dz / helix.table_feed,
        "view_pitch": helix.view_pitch,
    }


def _bases(first: int, directions: int, what: Reconstruction) -> NDArray[np.float32]:
    """Return the kernel's `bases` for directions `[first, first + directions)`."""
    helix, grid = what.wedge.helix, what.grid
    number = np.arange(helix.views_per_turn // 2)
    angle, height = helix.angle(first + number), helix.height(first + number)
    last = [(directions - 1 - number - parity * len(number)) // helix.views_per_turn for parity in (0, 1)]
    columns = [np.cos(angle), np.sin(angle), (height - grid.origin[2]) / grid.spacing[2], *last]
    return np.stack(columns, axis=1).astype(np.float32)


def backproject(filtered: Tensor, first: int, what: Reconstruction) -> Tensor:
    """Return the image of filtered wedges.

    Args:
        filtered: `(direction, u, row)` from `filtered_wedge`, all directions that light the image.
        first: Number of its first direction.
        what: The image, its circle and the aperture.

    Returns:
        Attenuation in 1/mm, `(x, y, z)`.
    """
    helix, grid = what.wedge.helix, what.grid
    half_turn = helix.views_per_turn // 2
    bases = table(_bases(first, len(filtered), what))
    image = torch.empty(grid.shape, device=name())
    tiles = triton.cdiv(grid.shape[0], TILE) * triton.cdiv(grid.shape[1], TILE)
    programs = tiles * triton.cdiv(grid.shape[2], SLICES)
    gammas = table(what.wedge.gamma.astype(np.float32))
    numbers = (*grid.shape, half_turn, helix.channels, helix.rows)
    backproject_kernel[(programs,)](
        image, filtered, bases, gammas, *numbers, **_geometry(what), TILE=TILE, SLICES=SLICES, num_warps=WARPS, **FUSED
    )
    return image


def reconstruct(views: Views, what: Reconstruction, image: Values = None) -> Values:
    """Return the image of a scan; see `Backend.reconstruct`."""
    wedge, margin = what.wedge, what.wedge.margin
    channels, rows = wedge.helix.channels, wedge.helix.rows
    need = check_memory(what)

    def make(start: int, stop: int) -> Tensor:
        return filtered_wedge(cone.take(start - margin, stop + margin), margin, stop - start, what)

    with within_memory("reconstruction on the card", need, REMEDY):
        shape = (VIEWS_PER_BLOCK + 2 * margin, channels, rows)
        cone = ViewBuffer(lambda start, stop: on_device(views(start, stop)), torch.empty(shape, device=name()))
        capacity = max(stop - start for _, _, (start, stop) in what.chunks())
        filtered = ViewBuffer(make, torch.empty((capacity, channels, rows), device=name()), margin)
        image = np.empty(what.grid.shape, np.float32) if image is None else image
        for first, part, directions in what.chunks():
            chunk = backproject(filtered.take(*directions), directions[0], replace(what, grid=part))
            image[:, :, first : first + part.shape[2]] = as_given(chunk, image)
    return image
