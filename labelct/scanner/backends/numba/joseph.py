"""Compiled kernels of Joseph's projector and its matched adjoint.

Both walk the volume in tiles of columns: in ray order most of the time goes to cache misses, in tile order a tile's
columns stay in the cache for many views. Rows of one channel share the in-plane path, so the in-plane weights are
computed once per step, and z runs linearly through the rows. A step belongs to the tile that its floor falls in.

The arguments that the kernels share:
    path: None (portable) or True (AVX-512 permute), see `simd_interpolation`.
    volume: Padded volume in 1/mm, flat (`projector.pad`); no ray needs a test for its edges.
    shape: Padded shape `(x, y, z)`.
    world: `(6,)`: origin and spacing of the padded volume in mm.
    fan: `(channel, 4)`: shift of the focus (mm), direction cosines towards the axis and sideways, 1 / in-plane
        distance of focus and detector (1/mm).
    sources: `(view, 3)`: cosine and sine of the source angle, height (mm).
    detector: `(6,)`: R (mm), first fan angle, channel pitch (rad), margin (channels), first row, row pitch (mm).
    reach: Floats along z that one step may touch; a multiple of 16.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs

import math

import numba
import numpy as np

from labelct.scanner.backends.numba.simd_interpolation import COMPILE, column_add

TILE = 24  # columns along x and y, which stay in the cache for the views of a task


@numba.njit(**COMPILE)
def _channel_range(world, corner, width, source, detector, channels):
    """Return the channels `[first, stop)` whose rays may cross the tile at padded column `corner`."""
    low, high = 1e30, -1e30
    cos, sin = source[0], source[1]
    for number in range(4):
        x = world[0] + world[3] * (corner[0] + (number & 1) * width) - detector[0] * cos
        y = world[1] + world[4] * (corner[1] + (number >> 1) * width) - detector[0] * sin
        ahead, side = -(x * cos + y * sin), x * sin - y * cos
        if ahead < 1.0:
            return 0, channels
        gamma = math.atan2(side, ahead)
        low, high = min(low, gamma), max(high, gamma)
    first = math.floor((low - detector[1]) / detector[2] - detector[3])
    stop = math.ceil((high - detector[1]) / detector[2] + detector[3]) + 1
    return max(0, first), min(channels, stop)


@numba.njit(**COMPILE)
def _line(world, source, ray, focus):
    """Return a ray as functions of its plane number m along its main axis.

    Returns:
        Whether the axis is x; position across the planes `a + b m` in columns; in-plane path `c + d m` in mm.
    """
    cos, sin = source[0], source[1]
    dx = ray[2] * sin - ray[1] * cos
    dy = -ray[1] * sin - ray[2] * cos
    sx = focus * cos - ray[0] * sin - world[0]
    sy = focus * sin + ray[0] * cos - world[1]
    if abs(dx) >= abs(dy):
        c, d = -sx / dx, world[3] / dx
        return True, (sy + c * dy) / world[4], d * dy / world[4], c, d
    c, d = -sy / dy, world[4] / dy
    return False, (sx + c * dx) / world[3], d * dx / world[3], c, d


@numba.njit(**COMPILE)
def _planes(shape, corner, along_x, a, b):
    """Return what a ray can meet of the tile at padded column `corner`.

    Returns:
        Planes `[low, high)`, one to spare; columns `[first, stop)` across them; floats from plane to plane and from
        column to column.
    """
    low, first = corner
    high, stop = min(low + TILE, shape[0] - 1), min(first + TILE, shape[1] - 1)
    stride, across = shape[1] * shape[2], shape[2]
    if not along_x:
        low, high, first, stop, stride, across = first, stop, low, high, across, stride
    if abs(b) > 1e-6:
        p, q = (first - a) / b, (stop - a) / b
        low = max(low, math.floor(min(max(min(p, q), -1e6), 1e6)))
        high = min(high, math.ceil(min(max(max(p, q), -1e6), 1e6)) + 1)
    return low, high, first, stop, stride, across


@numba.njit(**COMPILE)
def _rise(path, height, slope, ray, detector, depth, reach):
    """Return how the rows climb through z at in-plane distance `path`: first index, start within it, step.

    Outside the padded volume every value of a column is the same, so the window is moved to its end.
    """
    per_row = path * ray[3] * slope
    start = height + per_row * detector[4]
    step = per_row * detector[5]
    base = math.floor(start)
    if base < 0:
        return 0, np.float32(0.0), np.float32(0.0)
    if base > depth - reach:
        return depth - reach, np.float32(0.0), np.float32(0.0)
    return base, np.float32(start - base), np.float32(step)


@numba.njit(**COMPILE)
def _forward_tile(path, volume, shape, world, fan, source, detector, reach, corner, column, sums):
    """Add one tile's share of one view to `sums`, `(channel, row)` with rows filled up to a multiple of 16."""
    channels = sums.shape[0]
    first, stop = _channel_range(world, corner, TILE, source, detector, channels)
    slope = 1.0 / world[5]
    height = (source[2] - world[2]) * slope
    for channel in range(first, stop):
        ray, total = fan[channel], sums[channel]
        along_x, a, b, c, d = _line(world, source, ray, detector[0])
        low, high, across_low, across_high, stride, across = _planes(shape, corner, along_x, a, b)
        for plane in range(low, high):
            position = a + b * plane
            lane = math.floor(position)
            way = c + d * plane
            if lane < across_low or lane >= across_high or way <= 0.0:
                continue
            base, start, step = _rise(way, height, slope, ray, detector, shape[2], reach)
            weight = np.float32(position - lane)
            here = plane * stride + lane * across + base
            column_add(path, total, column, volume, here, here + across, weight, start, step)


@numba.njit(**COMPILE)
def _steps(world, source, ray):
    """Return the path in mm from plane to plane, as seen from above."""
    dx = abs(ray[2] * source[1] - ray[1] * source[0])
    dy = abs(ray[1] * source[1] + ray[2] * source[0])
    return world[3] / dx if dx >= dy else world[4] / dy


@numba.njit(**COMPILE)
def forward_views(path, volume, shape, world, fan, sources, detector, reach, out):
    """Write the line integrals of some views into `out`, `(view, channel, row)`."""
    views, channels, rows = out.shape
    sums = np.zeros((views, channels, (rows + 15) // 16 * 16), np.float32)
    column = np.zeros(reach + 48, np.float32)
    for x in range(0, shape[0] - 1, TILE):
        for y in range(0, shape[1] - 1, TILE):
            for view in range(views):
                _forward_tile(
                    path, volume, shape, world, fan, sources[view], detector, reach, (x, y), column, sums[view]
                )
    for view in range(views):
        for channel in range(channels):
            step = _steps(world, sources[view], fan[channel])
            for row in range(rows):
                slope = (detector[4] + row * detector[5]) * fan[channel, 3]
                out[view, channel, row] = sums[view, channel, row] * np.float32(step * math.sqrt(1.0 + slope * slope))


@numba.njit(**COMPILE)
def adjoint_tile(volume, shape, world, fan, sources, detector, reach, corner, projections):
    """Add the adjoint of `forward_views` to one tile of `volume`; it also writes to the next column and row."""
    views, channels, rows = projections.shape
    column, values = np.zeros(reach + 16, np.float32), np.zeros(rows, np.float32)
    slope, one = 1.0 / world[5], np.float32(1.0)
    for view in range(views):
        source = sources[view]
        height = (source[2] - world[2]) * slope
        first, stop = _channel_range(world, corner, TILE, source, detector, channels)
        for channel in range(first, stop):
            ray = fan[channel]
            along_x, a, b, c, d = _line(world, source, ray, detector[0])
            low, high, across_low, across_high, stride, across = _planes(shape, corner, along_x, a, b)
            length = _steps(world, source, ray)
            for row in range(rows):
                rise = (detector[4] + row * detector[5]) * ray[3]
                values[row] = projections[view, channel, row] * np.float32(length * math.sqrt(1.0 + rise * rise))
            for plane in range(low, high):
                position = a + b * plane
                lane = math.floor(position)
                way = c + d * plane
                if lane < across_low or lane >= across_high or way <= 0.0:
                    continue
                base, start, step = _rise(way, height, slope, ray, detector, shape[2], reach)
                need = int(start + np.float32(rows - 1) * step) + 2
                column[:need] = np.float32(0.0)
                for row in range(rows):
                    at = start + np.float32(row) * step
                    index = int(at)
                    share = (at - np.float32(index)) * values[row]
                    column[index] += values[row] - share
                    column[index + 1] += share
                weight = np.float32(position - lane)
                here = plane * stride + lane * across + base
                there = here + across
                for k in range(need):
                    volume[here + k] += (one - weight) * column[k]
                    volume[there + k] += weight * column[k]
