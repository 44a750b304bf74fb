"""Label maps told from images by their values alone."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_LABELS = 1000  # different values: atlases have some hundreds, an image in HU thousands
WHOLE = 1e-3  # how far a label may be off a whole number: 0.9999 is what a header's slope makes of 1
# Of neighbours that are both inside a structure: next to none differ in a label map, in an image most do, by its noise.
DIFFERENT = 0.5


def why_image(array: NDArray[Any]) -> str:
    """Return why numbers can be no labels; empty where they can, as the grey values of an 8-bit image can, too.

    Args:
        array: `(x, y, z)`.
    """
    low, high = float(array.min()), float(array.max())
    if not np.isfinite([low, high]).all():
        return "it holds voxels that are NaN or infinite"
    if low < 0:
        return f"its voxels run from {low:g} to {high:g}" + (", as HU do" if low < -200 else "")
    if array.dtype.kind == "f" and float(np.abs(array - np.rint(array)).max()) > WHOLE:
        return f"its voxels are no whole numbers, from {low:g} to {high:g}"
    if high >= MOST_LABELS and (different := len(np.unique(np.rint(array)))) > MOST_LABELS:
        return f"its voxels have {different} different values, from {low:g} to {high:g}"
    return ""


def why_no_labels(array: NDArray[Any]) -> str:
    """Return why numbers are not those of a label map but of an image, whatever its unit; empty for a label map.

    Args:
        array: `(x, y, z)`.
    """
    if why := why_image(array):
        return why
    here, there = array[:-1], array[1:]
    inside = (here > 0) & (there > 0)
    different, pairs = (int(np.count_nonzero(which)) for which in (inside & (here != there), inside))
    if different <= DIFFERENT * pairs:
        return ""
    return f"{100 * different / pairs:.0f} % of its voxels differ from the next one, as grey values do"


def is_labels(array: NDArray[Any]) -> bool:
    """Return whether numbers are those of a label map, and not of an image, whatever its unit.

    Args:
        array: `(x, y, z)`.
    """
    return not why_no_labels(array)
