"""CT noise drawn in the image, without a scan: the right strength and texture, but the same everywhere."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelct.scanner.dose import dose_fraction
from labelct.scanner.settings import DoseSettings

if TYPE_CHECKING:
    import torch
    from torch import Tensor

LIVER_NOISE = 11.5  # HU in the liver at full dose in slices of 5 mm; 10-13 measured, 13-17 at 3 mm, 18-25 at 1.5 mm
LIVER_SLICE = 5.0
CUTOFF = 0.38  # cycles/mm at which a soft-tissue kernel has e^-1 of the ramp; its noise peaks near 0.27


def liver_noise(dose: DoseSettings, thickness: float) -> float:
    """Return the standard deviation in HU that the liver has: it falls with the square root of dose and thickness.

    Args:
        dose: The dose; electronic noise and bowtie do not enter.
        thickness: Slice thickness in mm.
    """
    fraction = dose_fraction(dose)
    return 0.0 if math.isinf(fraction) else LIVER_NOISE * math.sqrt(LIVER_SLICE / (thickness * fraction))


def noise_power(shape: tuple[int, int], spacing: tuple[float, float]) -> NDArray[np.float32]:
    """Return the in-plane noise power spectrum of a ramp-filtered image on a grid's `rfft2` frequencies, mean 1.

    The spectrum `f exp(-(f / CUTOFF)^2)` reaches beyond what a coarse grid can hold; sampling folds it back, so
    that voxels of 4 mm see nearly white noise and voxels of 0.7 mm the grain of a CT image.

    Args:
        shape: Voxels `(x, y)`.
        spacing: Voxel size `(x, y)` in mm.
    """
    power = np.zeros((shape[0], shape[1] // 2 + 1))
    reach_x, reach_y = (math.ceil(3 * CUTOFF * step) for step in spacing)
    for fold_x in range(-reach_x, reach_x + 1):
        for fold_y in range(-reach_y, reach_y + 1):
            fx = (np.fft.fftfreq(shape[0]) + fold_x)[:, None] / spacing[0]
            fy = (np.fft.rfftfreq(shape[1]) + fold_y)[None, :] / spacing[1]
            f2 = fx * fx + fy * fy
            power += np.sqrt(f2) * np.exp(-f2 / CUTOFF**2)
    twice = np.full(power.shape[1], 2.0)
    twice[0] = 1.0
    if shape[1] % 2 == 0:
        twice[-1] = 1.0
    scaled: NDArray[np.float64] = power * (shape[0] * shape[1] / (power * twice).sum())
    return scaled.astype(np.float32)


def noise_field(shape: tuple[int, int, int], spacing: tuple[float, float, float], seed: int) -> NDArray[np.float32]:
    """Return noise of standard deviation 1 with the in-plane correlation of CT and independent slices.

    Args:
        shape: Voxels `(x, y, z)`.
        spacing: Voxel size in mm.
        seed: Of the generator; the same seed gives the same noise.
    """
    from scipy.fft import irfft2, rfft2

    white, amplitude = _spectrum(shape, spacing, seed)
    noise: NDArray[np.float32] = irfft2(rfft2(white, axes=(0, 1)) * amplitude, s=shape[:2], axes=(0, 1))
    return noise


def _spectrum(
    shape: tuple[int, int, int], spacing: tuple[float, float, float], seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return white noise `(x, y, z)`, and what its in-plane `rfft2` is multiplied by."""
    white = np.random.Generator(np.random.SFC64(seed)).standard_normal(shape, dtype=np.float32)
    return white, np.sqrt(noise_power(shape[:2], spacing[:2]))[:, :, None]


def noise_tensor(
    shape: tuple[int, int, int], spacing: tuple[float, float, float], seed: int, device: torch.device
) -> Tensor:
    """Return the noise of `noise_field` on a device: drawn on the host, where its generator is, and filtered there.

    Args:
        shape: Voxels `(x, y, z)`.
        spacing: Voxel size in mm.
        seed: Of the generator.
        device: Where the noise shall be.
    """
    import torch

    white, amplitude = (torch.from_numpy(array).to(device) for array in _spectrum(shape, spacing, seed))
    return torch.fft.irfft2(torch.fft.rfft2(white, dim=(0, 1)) * amplitude, s=shape[:2], dim=(0, 1))


def apply(volume_hu: Any, spacing: tuple[float, float, float], sigma: float, seed: int) -> Any:
    """Return the volume with correlated noise.

    Args:
        volume_hu: `(x, y, z)` in HU, an array or a tensor on any device.
        spacing: Voxel size in mm.
        sigma: Standard deviation of the noise in HU.
        seed: Of the noise.
    """
    if sigma == 0.0:
        return volume_hu
    if isinstance(volume_hu, np.ndarray):
        return volume_hu + np.float32(sigma) * noise_field(volume_hu.shape, spacing, seed)
    noise = noise_tensor(tuple(volume_hu.shape), spacing, seed, volume_hu.device)
    return volume_hu + float(np.float32(sigma)) * noise
