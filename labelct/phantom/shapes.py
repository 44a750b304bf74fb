"""Implicit shapes in millimetres and the canvas that they are painted on.

A shape is a box of the grid and the signed distance (mm, negative inside) over it, so that a rib costs what a rib
is large. Distances are exact for tubes and approximate for ellipsoids, which is all that painting needs.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline

from labelct.rotation import rotation_about

Box = tuple[slice, slice, slice]
Distance = NDArray[np.float32]
FAR = np.float32(1e3)


@dataclass(frozen=True)
class Shape:
    """Signed distance `(x, y, z)` in mm over a box of the grid."""

    box: Box
    distance: Distance


class Canvas:
    """A label map in the making: whoever paints first keeps the voxel.

    Attributes:
        position: `(3, nx, ny, nz)` float32, template coordinates of every voxel, mm.
        labels: `(nx, ny, nz)` uint8.
        names: The names that may be painted; the value of a name is its place plus one.
    """

    def __init__(self, axes: list[NDArray[np.floating]], shift: NDArray[np.float32], names: tuple[str, ...]) -> None:
        self.axes = [np.asarray(axis, dtype=np.float32) for axis in axes]
        self.position = np.stack(np.meshgrid(*self.axes, indexing="ij")) + np.moveaxis(shift, -1, 0)
        self.reach = np.abs(shift).max(axis=(0, 1, 2)) if shift.size else np.zeros(3)
        self.labels = np.zeros(shift.shape[:3], dtype=np.uint8)
        self.values = {name: value for value, name in enumerate(names, start=1)}

    def box(self, low: ArrayLike, high: ArrayLike) -> Box:
        """Return the part of the grid that can hold template coordinates between `low` and `high`, mm."""
        low, high = np.asarray(low) - self.reach, np.asarray(high) + self.reach
        return tuple(  # type: ignore[return-value]
            slice(int(np.searchsorted(axis, a)), int(np.searchsorted(axis, b, side="right")))
            for axis, a, b in zip(self.axes, low, high, strict=True)
        )

    def paint(self, name: str, shape: Shape, within: Distance | None = None) -> None:
        """Give `name` the unpainted voxels of `shape`, clipped to a distance over the whole grid."""
        inside = (shape.distance < 0) & (self.labels[shape.box] == 0)
        if within is not None:
            inside &= within[shape.box] < 0
        self.labels[shape.box][inside] = self.values[name]

    def fill(self, name: str, inside: NDArray[np.bool_]) -> None:
        """Give `name` the unpainted voxels of a mask over the whole grid."""
        self.labels[inside & (self.labels == 0)] = self.values[name]


def rotation(axis: str, degrees: float) -> NDArray[np.float64]:
    """Return the right-handed rotation matrix about one axis."""
    return rotation_about("xyz".index(axis), np.deg2rad(degrees))


def ellipsoid(
    canvas: Canvas,
    centre: ArrayLike,
    radii: ArrayLike,
    turn: NDArray[np.floating] | None = None,
    power: float = 2.0,
    box: Box | None = None,
) -> Shape:
    """Return a superellipsoid.

    Args:
        canvas: Where it will be painted.
        centre: Template coordinates, mm.
        radii: Semi-axes, mm.
        turn: Rotation whose columns are the directions of the semi-axes.
        power: Exponent; 2 is an ellipsoid, more is boxier.
        box: Where to evaluate it; its own bounding box where None.
    """
    centre, radii = np.asarray(centre, dtype=np.float32), np.asarray(radii, dtype=np.float32)
    turn = np.eye(3, dtype=np.float32) if turn is None else turn.astype(np.float32)
    bound = np.abs(turn) @ radii * 1.1
    box = box or canvas.box(centre - bound, centre + bound)
    offset = [canvas.position[k][box] - centre[k] for k in range(3)]
    total = np.float32(0)
    for k in range(3):
        along = offset[0] * turn[0, k] + offset[1] * turn[1, k] + offset[2] * turn[2, k]
        total = total + np.abs(along / radii[k]) ** np.float32(power)
    return Shape(box, (total ** np.float32(1 / power) - 1) * radii.min())


def cylinder(canvas: Canvas, centre: ArrayLike, radii: ArrayLike) -> Shape:
    """Return an upright elliptic cylinder with semi-axes and half-height `radii`, mm."""
    centre, radii = np.asarray(centre, dtype=np.float32), np.asarray(radii, dtype=np.float32)
    box = canvas.box(centre - radii, centre + radii)
    x, y, z = (np.abs(canvas.position[k][box] - centre[k]) for k in range(3))
    side = (np.hypot(x / radii[0], y / radii[1]) - 1) * radii[:2].min()
    return Shape(box, np.maximum(side, z - radii[2]))


def smooth_path(points: ArrayLike, step: float = 12.0) -> NDArray[np.float64]:
    """Return rows of `points` (x, y, z and anything that varies along, e.g. a radius) on a spline, `step` mm apart."""
    points = np.asarray(points, dtype=float)
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points[:, :3], axis=0), axis=1))])
    count = max(int(np.ceil(along[-1] / step)) + 1, 2)
    return CubicSpline(along, points, bc_type="natural")(np.linspace(0, along[-1], count))


def tube(canvas: Canvas, path: ArrayLike, squash: ArrayLike = (1.0, 1.0, 1.0)) -> Shape:
    """Return the union of the tapered capsules along a path.

    Args:
        canvas: Where it will be painted.
        path: Rows `(x, y, z, radius)`, mm.
        squash: Factors by which the cross-section is wider than the radius along each axis.
    """
    factors = np.asarray(squash, dtype=np.float32)
    path = np.asarray(path, dtype=np.float32)
    margin = path[:, 3:] * factors
    box = canvas.box(path[:, :3].min(axis=0) - margin.max(axis=0), path[:, :3].max(axis=0) + margin.max(axis=0))
    distance = np.full([s.stop - s.start for s in box], FAR, dtype=np.float32)
    for (a, b), reach in zip(pairwise(path), np.maximum(margin[:-1], margin[1:]), strict=True):
        part = canvas.box(np.minimum(a[:3], b[:3]) - reach, np.maximum(a[:3], b[:3]) + reach)
        local = tuple(slice(p.start - s.start, p.stop - s.start) for p, s in zip(part, box, strict=True))
        position = [canvas.position[k][part] / factors[k] for k in range(3)]
        distance[local] = np.minimum(distance[local], _capsule(position, a, b, factors))
    return Shape(box, distance)


def _capsule(position: list[Distance], a: Distance, b: Distance, factors: Distance) -> Distance:
    start, end = a[:3] / factors, b[:3] / factors
    axis = end - start
    offset = [position[k] - start[k] for k in range(3)]
    share = (offset[0] * axis[0] + offset[1] * axis[1] + offset[2] * axis[2]) / max(float(axis @ axis), 1e-6)
    share = np.clip(share, 0, 1)
    squared = sum((offset[k] - share * axis[k]) ** 2 for k in range(3))
    return np.sqrt(squared) - (a[3] + share * (b[3] - a[3]))


def union(canvas: Canvas, shapes: list[Shape], blend: float = 0.0) -> Shape:
    """Return the union of shapes, its creases rounded over `blend` mm (polynomial smooth minimum)."""
    box: Box = tuple(  # type: ignore[assignment]
        slice(min(s.box[k].start for s in shapes), max(s.box[k].stop for s in shapes)) for k in range(3)
    )
    distance = np.full([s.stop - s.start for s in box], FAR, dtype=np.float32)
    for shape in shapes:
        local = tuple(slice(p.start - s.start, p.stop - s.start) for p, s in zip(shape.box, box, strict=True))
        near = distance[local]
        lens = np.clip(blend - np.abs(near - shape.distance), 0, None) ** 2 / (4 * blend) if blend else 0.0
        distance[local] = np.minimum(near, shape.distance) - lens
    return Shape(box, distance)
