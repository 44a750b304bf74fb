"""A random diffeomorphic warp: scaling and squaring of a smooth stationary velocity field."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

CONTROL_SPACING = 110.0  # mm: about the size of a large organ, so that organs bend as a whole
INTEGRATION_SPACING = 14.0  # mm: eight nodes a control point, smooth enough for linear interpolation
SQUARINGS = 6  # the flow is split into 2^6 steps, each far below a node for every strength that settings allow


def sample_velocity(extent: list[float], warp_mm: float, rng: np.random.Generator) -> list[Any]:
    """Draw the control points of a velocity field.

    Args:
        extent: Field of view `(x, y, z)`, mm.
        warp_mm: Standard deviation of each component, mm.
        rng: Source of randomness.

    Returns:
        Nested list `(nx, ny, nz, 3)` of velocities in mm, control points `CONTROL_SPACING` apart.
    """
    shape = [int(np.ceil(length / CONTROL_SPACING)) + 3 for length in extent]
    return np.round(rng.normal(0.0, warp_mm, (*shape, 3)), 4).tolist()


def spline_matrix(positions: NDArray[np.floating], nodes: int) -> NDArray[np.float64]:
    """Return the `(positions, nodes)` matrix of interpolating cubic B-splines at `positions` in node units."""
    identity = ndimage.spline_filter1d(np.eye(nodes), order=3, axis=1, mode="nearest")
    columns = [ndimage.map_coordinates(row, [positions], order=3, mode="nearest", prefilter=False) for row in identity]
    return np.stack(columns, axis=1)


def interpolate(field: NDArray[np.floating], positions: list[NDArray[np.floating]]) -> NDArray[np.floating]:
    """Evaluate a node field `(nx, ny, nz, 3)` on the tensor grid of `positions` (node units, one array an axis).

    Plain `einsum` rather than a BLAS product: its sums do not depend on the number of threads.
    """
    for axis, position in enumerate(positions):
        matrix = spline_matrix(position, field.shape[axis]).astype(field.dtype)
        field = np.moveaxis(np.einsum("ia,a...->i...", matrix, np.moveaxis(field, axis, 0)), 0, axis)
    return field


def integrate(velocity: NDArray[np.floating], spacing: float) -> NDArray[np.floating]:
    """Return the displacement of the flow of a stationary velocity field at time 1.

    Arsigny et al., A log-Euclidean framework for statistics on diffeomorphisms, MICCAI 2006:
    exp(v) = exp(v / 2^n) composed with itself n times.

    Args:
        velocity: `(nx, ny, nz, 3)`, mm.
        spacing: Distance of the nodes, mm.

    Returns:
        Displacement `(nx, ny, nz, 3)`, mm.
    """
    displacement = velocity / 2**SQUARINGS
    nodes = np.stack(np.meshgrid(*[np.arange(n, dtype=float) for n in velocity.shape[:3]], indexing="ij"))
    for _ in range(SQUARINGS):
        landing = nodes + np.moveaxis(displacement, -1, 0) / spacing
        carried = [ndimage.map_coordinates(displacement[..., k], landing, order=1, mode="nearest") for k in range(3)]
        displacement = displacement + np.stack(carried, axis=-1)
    return displacement


def displacement(velocity: list[Any], extent: list[float], axes: list[NDArray[np.floating]]) -> NDArray[np.float32]:
    """Return the warp's displacement on a grid.

    Args:
        velocity: Control points of `sample_velocity`, centred on the origin of `axes`.
        extent: The field of view they were drawn for, mm.
        axes: Positions along x, y and z relative to the centre of the field of view, mm.

    Returns:
        `(nx, ny, nz, 3)` float32, mm.
    """
    control = np.asarray(velocity, dtype=np.float64)
    counts = [int(np.ceil(length / INTEGRATION_SPACING)) + 5 for length in extent]
    coarse = [(np.arange(n) - (n - 1) / 2) * INTEGRATION_SPACING for n in counts]
    in_control = [c / CONTROL_SPACING + (n - 1) / 2 for c, n in zip(coarse, control.shape[:3], strict=True)]
    flow = integrate(interpolate(control, in_control), INTEGRATION_SPACING).astype(np.float32)
    return interpolate(flow, [a / INTEGRATION_SPACING + (n - 1) / 2 for a, n in zip(axes, counts, strict=True)])
