"""What the grid of a scan does to sharp borders, point spread and slices; and white noise for want of a scanner."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelct.settings import Checked, ranged

if TYPE_CHECKING:
    from labelct.synthesis.scene import Scene

FWHM = 2.0 * math.sqrt(2.0 * math.log(2.0))  # of a Gaussian, in standard deviations


@dataclass
class Settings(Checked, section="blur"):
    """Point spread, slice thickness and noise of the volumes; all zeros leave borders sharp.

    Attributes:
        psf_mm: Full width at half maximum of a Gaussian point spread in mm: partial volume at the borders of organs.
        slice_mm: Thickness in mm that each slice averages over along z, where more than the slices' distance.
        noise_hu: Standard deviation of white noise in HU, added last; for training without a scanner.
    """

    psf_mm: float = ranged(0.0, 0.0, 50.0)
    slice_mm: float = ranged(0.0, 0.0, 100.0)
    noise_hu: float = ranged(0.0, 0.0, 1000.0)


def sample(scene: Scene, rng: np.random.Generator) -> dict[str, Any] | None:
    """Draw the seed of the noise; None where the settings leave the volume as it is."""
    seed, settings = int(rng.integers(2**31)), asdict(scene.recipe.data.blur)
    return {**settings, "seed": seed} if any(settings.values()) else None


def spread_weights(fwhm: float) -> NDArray[np.float64]:
    """Return the weights of a Gaussian point spread, integrated over each voxel (3 sigma to either side).

    Args:
        fwhm: Full width at half maximum in voxels.
    """
    sigma = fwhm / FWHM
    if sigma < 0.05:
        return np.ones(1)
    reach = math.ceil(3.0 * sigma - 0.5)
    edges = [0.5 * math.erf((step - 0.5) / (sigma * math.sqrt(2.0))) for step in range(-reach, reach + 2)]
    weights = np.diff(edges)
    return weights / weights.sum()


def slice_weights(thickness: float) -> NDArray[np.float64]:
    """Return the share of each voxel in a slice of `thickness` voxels about the middle one."""
    reach = max(0, math.ceil((thickness - 1.0) / 2.0))
    offsets = np.abs(np.arange(-reach, reach + 1))
    weights = np.clip(thickness / 2.0 - (offsets - 0.5), 0.0, 1.0) if reach else np.ones(1)
    return weights / weights.sum()


def apply(scene: Scene, params: Mapping[str, Any] | None) -> None:
    """Blur the volume and add white noise; it is repeated at its borders."""
    if params is None:
        return
    spacing = scene.spacing
    spread = [spread_weights(params["psf_mm"] / size) for size in spacing]
    spread[2] = np.convolve(spread[2], slice_weights(params["slice_mm"] / spacing[2]))
    rounded = [np.round(weights, 7).astype(np.float32) for weights in spread]
    scene.volume = scene.kernels.filtered(scene.volume, rounded, params["noise_hu"], params["seed"])
