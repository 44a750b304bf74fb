"""The outline of lesions and blobs: an ellipsoid that a smooth field dents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.synthesis.kernels import Box
from labelct.synthesis.kernels.arrays.value_noise import Lattice, draw_lattice, values_at

WOBBLE = 0.8  # of the radius, from the deepest dent to the highest bump: lobulated, and still one piece


@dataclass(frozen=True)
class Outline:
    """What decides which voxels of a box are inside.

    Attributes:
        box: That holds the body.
        offset: Of the box's voxels along each axis, from the centre, in radii.
        point: The same voxels in steps of the lattice.
        lattice: Of the field.
    """

    box: Box
    offset: list[NDArray[np.float64]]
    point: list[NDArray[np.float64]]
    lattice: Lattice


def draw_outline(shape: Sequence[int], spacing: Sequence[float], body: Mapping[str, Any]) -> Outline:
    """Draw the field that dents a body, and find the body's box.

    Args:
        shape: Voxels `(x, y, z)` of the volume.
        spacing: Their size in mm.
        body: `centre` (voxel), `radius_mm` `(x, y, z)` and `seed`.
    """
    radius, size = np.array(body["radius_mm"]), np.array(spacing)
    reach = np.ceil(radius / (1.0 - WOBBLE / 2) / size).astype(int)
    centre = np.array(body["centre"])
    low, high = np.maximum(centre - reach, 0), np.minimum(centre + reach + 1, shape)
    spread = float(radius.min())
    steps = [np.arange(first, stop) - middle for first, stop, middle in zip(low, high, centre, strict=True)]
    return Outline(
        tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True)),
        [step * s / r for step, s, r in zip(steps, size, radius, strict=True)],
        [(step + n) * s / spread for step, n, s in zip(steps, reach, size, strict=True)],
        draw_lattice(2 * reach + 1, spacing, spread, body["seed"]),
    )


def outline(volume: NDArray[Any], spacing: Sequence[float], body: Mapping[str, Any]) -> tuple[Box, NDArray[np.bool_]]:
    """Return the box around a body and where in it the body lies."""
    drawn = draw_outline(volume.shape, spacing, body)
    x, y, z = np.ix_(*(offset**2 for offset in drawn.offset))
    distance = np.sqrt(x + y + z)
    points = np.stack(np.meshgrid(*drawn.point, indexing="ij"), axis=-1).reshape(-1, 3)
    push = values_at(drawn.lattice, points).reshape(distance.shape)
    return drawn.box, distance * (1.0 + WOBBLE * (push - 0.5)) <= 1.0
