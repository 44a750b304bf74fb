"""The scan as the pipeline calls it: what is projected once, what is drawn, and what comes of both."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from labelct.errors import SettingError
from labelct.scanner import image
from labelct.scanner.settings import DoseSettings, ScannerSettings

Progress = Callable[[int, int], None]
Spacing = tuple[float, float, float]
AIR, LOWEST = -1000.0, -1024.0


def sample_scan(scanner: ScannerSettings, dose: DoseSettings, rng: np.random.Generator) -> dict[str, int]:
    """Draw what is random in a scan: the seed of its noise.

    Args:
        scanner: The scanner.
        dose: The dose.
        rng: Source of randomness.

    Returns:
        `{"seed": int}`; the same for every scanner and dose, so that doses of one case share their randomness.
    """
    return {"seed": int(rng.integers(2**63))}


def project(
    volume_hu: NDArray[np.float32], spacing: Spacing, scanner: ScannerSettings, progress: Progress | None = None
) -> NDArray[np.float32] | None:
    """Return what all doses of a scan share: its noise-free projections.

    Args:
        volume_hu: `(x, y, z)` in HU.
        spacing: Voxel size in mm.
        scanner: The scanner.
        progress: Called with (views done, views in all).

    Returns:
        Line integrals `(view, channel, row)`, or None where nothing is projected.
    """
    if scanner.kind != "helical":
        return None
    raise SettingError("kind", scanner.kind, "none or image")


def scan(
    volume_hu: NDArray[np.float32],
    spacing: Spacing,
    scanner: ScannerSettings,
    dose: DoseSettings,
    params: dict[str, int],
    clean: NDArray[np.float32] | None = None,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """Return the volume as the scanner would show it.

    Args:
        volume_hu: `(x, y, z)` in HU.
        spacing: Voxel size in mm.
        scanner: The scanner.
        dose: The dose.
        params: From `sample_scan`.
        clean: From `project`; projected here where None.
        progress: Called with (views done, views in all).

    Returns:
        `(x, y, z)` in HU on the same grid, float32; with `kind=none` the volume unchanged.
    """
    if scanner.kind == "none":
        return volume_hu
    if scanner.kind == "image":
        noisy = image.apply(volume_hu, spacing, image.liver_noise(dose, spacing[2]), params["seed"])
        return np.maximum(noisy, np.float32(LOWEST))
    raise SettingError("kind", scanner.kind, "none or image")
