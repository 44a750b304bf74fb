"""Rotations in space, one axis at a time; whoever turns about several says in which order."""

import numpy as np
from numpy.typing import NDArray


def rotation_about(axis: int, angle: float) -> NDArray[np.float64]:
    """Return the matrix `(3, 3)` that turns column vectors `(x, y, z)` about one axis.

    Args:
        axis: 0 for x, 1 for y, 2 for z.
        angle: rad, positive from the next axis to the one after it: from x to y about z.
    """
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = np.cos(angle)
    matrix[first, second], matrix[second, first] = -np.sin(angle), np.sin(angle)
    return matrix
