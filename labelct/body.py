"""Where the patient is in a CT: the largest connected region above a density, found on a coarse grid."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

BODY_HU = -500.0  # half-way between air and soft tissue
COARSE_MM = 4.0  # a box with a margin of centimetres needs no finer grid


def strides_of(spacing: Sequence[float]) -> list[int]:
    """Return every how many voxels of a size in mm a CT is looked at."""
    return [max(1, int(COARSE_MM / size)) for size in spacing]


def largest_region(hu: NDArray[Any], strides: Sequence[int], above_hu: float) -> NDArray[np.bool_]:
    """Return the largest 6-connected region of a thinned CT, without couch and tubes.

    Args:
        hu: `(x, y, z)`.
        strides: Every how many voxels the CT is looked at.
        above_hu: Density of its voxels.

    Returns:
        `(x, y, z)` on the thinned grid; False everywhere where nothing is as dense.
    """
    from scipy.ndimage import label

    parts, found = label(hu[tuple(slice(None, None, stride) for stride in strides)] > above_hu)
    if not found:
        return np.zeros(parts.shape, bool)
    largest: NDArray[np.bool_] = parts == 1 + np.argmax(np.bincount(parts.ravel())[1:])
    return largest
