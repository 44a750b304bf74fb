"""Random and geometric fields that the phantom's CT is made of."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]
Spacing = tuple[float, float, float]


def smooth_noise(shape: tuple[int, ...], spacing: Spacing, scale: float, rng: np.random.Generator) -> Image:
    """Return Gaussian noise of unit variance, smoothed with a Gaussian of `scale` mm."""
    noise = ndimage.gaussian_filter(rng.standard_normal(shape, dtype=np.float32), [scale / s for s in spacing])
    return noise / max(float(noise.std()), 1e-6)


def filaments(shape: tuple[int, ...], spacing: Spacing, scale: float, width: float, rng: np.random.Generator) -> Image:
    """Return a network of curves, 1 on them: where two smooth random fields vanish together.

    Args:
        shape: Of the volume.
        spacing: Voxel size, mm.
        scale: Smoothness of the fields, mm.
        width: Of the curves, in standard deviations of the fields.
        rng: Source of randomness.
    """
    first, second = smooth_noise(shape, spacing, scale, rng), smooth_noise(shape, spacing, scale, rng)
    return np.exp(-(first**2 + second**2) / np.float32(2 * width**2))


def depth(mask: Mask, spacing: Spacing) -> Image:
    """Return the depth below the surface of a mask, mm (half a voxel in its outermost voxels, 0 outside)."""
    distance = ndimage.distance_transform_edt(mask, sampling=spacing).astype(np.float32)
    return np.where(mask, distance - np.float32(min(spacing) / 2), np.float32(0))


def lookup(values: dict[int, float], default: float) -> Image:
    """Return a table of 256 entries, to be indexed with a label map."""
    table = np.full(256, default, dtype=np.float32)
    table[list(values)] = list(values.values())
    return table
