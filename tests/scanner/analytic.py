"""Exact line integrals of simple bodies: what projector and reconstruction are measured against."""

import math
from dataclasses import dataclass

import numpy as np

from labelct.scanner.geometry import Array, Grid, Helix


@dataclass(frozen=True)
class Body:
    """An ellipsoid, or an elliptic cylinder along z where the last half axis is infinite; bodies add up.

    Attributes:
        centre: `(x, y, z)` in mm.
        half_axes: `(x, y, z)` in mm.
        attenuation: In 1/mm.
    """

    centre: tuple[float, float, float]
    half_axes: tuple[float, float, float]
    attenuation: float


def sphere(centre: tuple[float, float, float], radius: float, attenuation: float) -> Body:
    """Return a sphere."""
    return Body(centre, (radius, radius, radius), attenuation)


def cylinder(radius: float, attenuation: float, centre: tuple[float, float] = (0.0, 0.0)) -> Body:
    """Return an endless cylinder along z."""
    return Body((*centre, 0.0), (radius, radius, math.inf), attenuation)


def line_integrals(bodies: list[Body], helix: Helix) -> Array:
    """Return the exact projections of bodies, `(view, channel, row)`.

    A line meets the unit sphere, after scaling by the half axes, over `2 sqrt(b^2 - a c) / a`.

    Args:
        bodies: What is scanned.
        helix: The scan.
    """
    result = np.zeros(helix.shape, np.float32)
    slope = helix.v / helix.source_detector
    for view in range(helix.views):
        angle, height = float(helix.angle(view)), float(helix.height(view))
        focus = np.array([math.cos(angle), math.sin(angle), 0.0]) * helix.source_isocentre + [0, 0, height]
        phi = angle + helix.gamma
        direction = np.empty((helix.channels, helix.rows, 3))
        direction[..., 0], direction[..., 1], direction[..., 2] = -np.cos(phi)[:, None], -np.sin(phi)[:, None], slope
        length = np.sqrt(1 + slope**2)
        total = np.zeros((helix.channels, helix.rows))
        for body in bodies:
            scaled, start = direction / body.half_axes, (focus - body.centre) / body.half_axes
            a, b, c = (scaled**2).sum(-1), scaled @ start, start @ start - 1
            total += body.attenuation * 2 * np.sqrt(np.maximum(b * b - a * c, 0)) / a
        result[view] = total * length
    return result


def voxels(bodies: list[Body], grid: Grid, fine: int = 1) -> Array:
    """Return bodies on a grid, each voxel the mean of `fine^3` points in it, `(x, y, z)` in 1/mm.

    Args:
        bodies: What is drawn.
        grid: Where.
        fine: Points per voxel and axis.
    """
    result = np.zeros(grid.shape, np.float32)
    offsets = (np.arange(fine) + 0.5) / fine - 0.5
    for body in bodies:
        for shift in np.stack(np.meshgrid(offsets, offsets, offsets), -1).reshape(-1, 3):
            x, y, z = (
                ((grid.axis(i) + shift[i] * grid.spacing[i] - body.centre[i]) / body.half_axes[i]) ** 2
                for i in range(3)
            )
            inside = x[:, None, None] + y[None, :, None] + z[None, None, :] < 1
            result += np.float32(body.attenuation / fine**3) * inside
    return result
