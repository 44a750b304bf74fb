"""Kernels of Joseph's projector and of its matched adjoint, which scatters with the very weights that it gathers with.

A program follows some rays, the channels of a view beside each other, through the planes of the volume across their
main axis. Rows lie in the lanes: they rise evenly through z, along which the volume is contiguous, so that
neighbouring lanes read neighbouring addresses. An empty column around the volume and clamped positions spare every
test for edges: rays that end outside and planes that are not a ray's own meet the empty columns.

The arguments that the kernels share:
    volume: Padded volume in 1/mm, `(x, y, z)`, of two slices or more.
    views: `(view, channel, row)`.
    rays: `(10, ray)` from `rays.rays`, one number of every ray after the other.
    count: Rays: the channels of all views.
    rows, first_row, row_pitch: Number of rows, height of the first and distance of the rows at the detector in mm.
    nx, ny, nz: Padded shape.
    RAYS, ROWS: Of a program.
    WIDE: Whether places in the volume need 64 bits.
    INSIDE: Whether the volume reaches to the focus, so that planes may lie behind it.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs

import triton
import triton.language as tl

from labelct.scanner.backends.cuda.blocks import place

VARYING = ["count", "rows", "first_row", "row_pitch", "nx", "ny", "nz"]  # one kernel serves any of their values


@triton.jit
def _number(rays, place: tl.constexpr, ray, count):
    """Return one number of each ray, 0 behind the last one."""
    return tl.load(rays + place * count.to(tl.int64) + ray, mask=ray < count, other=0.0)


@triton.jit
def _course(rays, ray, count):
    """Return the rays as functions of their plane's number m, and the planes that any of them needs.

    Returns:
        Position across the planes `a + b m` in columns; rise `c + d m` in slices per mm of a row's height; first plane
        and one behind the last.
    """
    a, b = _number(rays, 0, ray, count), _number(rays, 1, ray, count)
    c, d = _number(rays, 2, ray, count), _number(rays, 3, ray, count)
    first = tl.where(ray < count, _number(rays, 6, ray, count), 1e9)
    return a, b, c, d, tl.min(first, 0).to(tl.int32), tl.max(_number(rays, 7, ray, count), 0).to(tl.int32)


@triton.jit
def _axes(rays, ray, count, nx, ny, nz, WIDE: tl.constexpr):
    """Return strides along and across the main axis, last plane and last column across it."""
    along_x = _number(rays, 8, ray, count) > 0.5
    stride, across = tl.where(along_x, ny * nz, nz), tl.where(along_x, nz, ny * nz)
    if WIDE:
        stride, across = stride.to(tl.int64), across.to(tl.int64)
    return stride, across, tl.where(along_x, nx, ny) - 1, tl.where(along_x, ny, nx) - 1


@triton.jit
def _column(plane, position, stride, last_plane, across, last):
    """Return where the left one of the two columns starts that a ray passes between, and the right one's weight."""
    position = tl.minimum(tl.maximum(position, 0.0), last.to(tl.float32))
    left = tl.minimum(position.to(tl.int32), last - 1)
    plane = tl.minimum(plane, last_plane)
    part = position - left.to(tl.float32)
    return plane * stride + left * across, part


@triton.jit
def _slice(z, nz):
    """Return the lower one of the two slices that a row passes between, and the upper one's weight."""
    z = tl.minimum(tl.maximum(z, 0.0), (nz - 1).to(tl.float32))
    low = tl.minimum(z.to(tl.int32), nz - 2)
    return low, z - low.to(tl.float32)


@triton.jit
def _lengths(rays, ray, count, v):
    """Return the path in mm from plane to plane, `(ray, row)`."""
    slope = v[None, :] * _number(rays, 9, ray, count)[:, None]
    return _number(rays, 5, ray, count)[:, None] * tl.sqrt(1.0 + slope * slope)


@triton.jit(do_not_specialize=VARYING)
def forward_kernel(
    volume, views, rays, count, rows, first_row, row_pitch, nx, ny, nz,
    RAYS: tl.constexpr, ROWS: tl.constexpr, WIDE: tl.constexpr, INSIDE: tl.constexpr,
):  # fmt: skip
    """Write line integrals to `views`."""
    ray, row = place(rows, RAYS, ROWS)
    a, b, c, d, first, stop = _course(rays, ray, count)
    stride, across, last_plane, last = _axes(rays, ray, count, nx, ny, nz, WIDE)
    height, v = _number(rays, 4, ray, count), first_row + row.to(tl.float32) * row_pitch
    total = tl.zeros([RAYS, ROWS], tl.float32)
    for plane in range(first, stop):
        rise, position = c + d * plane, a + b * plane
        if INSIDE:
            position = tl.where(rise > 0.0, position, 0.0)
        start, part = _column(plane, position, stride, last_plane, across, last)
        low, share = _slice(height[:, None] + rise[:, None] * v[None, :], nz)
        near = volume + start[:, None] + low
        far = near + across[:, None]
        below, above = tl.load(near), tl.load(near + 1)
        below += part[:, None] * (tl.load(far) - below)
        above += part[:, None] * (tl.load(far + 1) - above)
        total += below + share * (above - below)
    total *= _lengths(rays, ray, count, v)
    there = views + ray.to(tl.int64)[:, None] * rows + row[None, :]
    tl.store(there, total, (ray < count)[:, None] & (row < rows)[None, :])


@triton.jit(do_not_specialize=VARYING)
def adjoint_kernel(
    volume, views, rays, count, rows, first_row, row_pitch, nx, ny, nz,
    RAYS: tl.constexpr, ROWS: tl.constexpr, WIDE: tl.constexpr, INSIDE: tl.constexpr,
):  # fmt: skip
    """Add the adjoint of `forward_kernel` to `volume`."""
    ray, row = place(rows, RAYS, ROWS)
    a, b, c, d, first, stop = _course(rays, ray, count)
    stride, across, last_plane, last = _axes(rays, ray, count, nx, ny, nz, WIDE)
    height, v = _number(rays, 4, ray, count), first_row + row.to(tl.float32) * row_pitch
    there = views + ray.to(tl.int64)[:, None] * rows + row[None, :]
    real = (ray < count)[:, None] & (row < rows)[None, :]
    values = tl.load(there, mask=real, other=0.0) * _lengths(rays, ray, count, v)
    for plane in range(first, stop):
        rise, position = c + d * plane, a + b * plane
        if INSIDE:
            position = tl.where(rise > 0.0, position, 0.0)
        start, part = _column(plane, position, stride, last_plane, across, last)
        low, share = _slice(height[:, None] + rise[:, None] * v[None, :], nz)
        near = volume + start[:, None] + low
        far = near + across[:, None]
        right = part[:, None] * values
        left = values - right
        tl.atomic_add(near, left * (1.0 - share), mask=real, sem="relaxed")
        tl.atomic_add(near + 1, left * share, mask=real, sem="relaxed")
        tl.atomic_add(far, right * (1.0 - share), mask=real, sem="relaxed")
        tl.atomic_add(far + 1, right * share, mask=real, sem="relaxed")
