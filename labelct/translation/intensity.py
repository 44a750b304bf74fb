"""HU as the networks see them, within [-1, 1], and back."""

import numpy as np
from numpy.typing import NDArray

FLOAT32 = np.float32


def scaled(hu: NDArray[np.generic], window: tuple[float, float]) -> NDArray[np.float32]:
    """Return HU clipped to a window and scaled to [-1, 1].

    Args:
        hu: Any shape.
        window: The HU of -1 and of 1.
    """
    low, high = window
    return ((np.asarray(hu, FLOAT32) - FLOAT32(low)) * FLOAT32(2 / (high - low)) - 1).clip(-1, 1)


def hu_of(values: NDArray[np.float32], window: tuple[float, float]) -> NDArray[np.float32]:
    """Return the HU of scaled values, the inverse of `scaled` within its window.

    Args:
        values: Within [-1, 1], any shape.
        window: The HU of -1 and of 1.
    """
    low, high = window
    return (values + 1) * FLOAT32((high - low) / 2) + FLOAT32(low)
