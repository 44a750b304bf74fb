"""The scan as the pipeline calls it: what is projected once, what is drawn, and what comes of both.

Volumes are NumPy arrays, or torch tensors, whose scans stay on their device from the volume to the image where the
backend reaches it (`Backend.within_reach`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from labelct.accelerator import GIB
from labelct.errors import SettingError
from labelct.scanner import image
from labelct.scanner.backends import Backend, backend
from labelct.scanner.chunked_reconstruction import VIEWS_PER_BLOCK, Reconstruction, Views
from labelct.scanner.dose import fluence
from labelct.scanner.geometry import Grid, Helix, plan, recon_radius
from labelct.scanner.noise_only import coarse_helix, shrink
from labelct.scanner.operations import Values, operations_of
from labelct.scanner.settings import DoseSettings, ScannerSettings

Progress = Callable[[int, int], None]
Spacing = tuple[float, float, float]
WATER = 0.01926  # attenuation of water at 70 keV, the mean energy of a 120 kVp beam, in 1/mm
AIR, LOWEST = -1000.0, -1024.0  # HU of no attenuation; the least HU that a scanner writes
BODY, BODY_SHARE = -500.0, 1e-3  # HU above which a voxel is body; share of the body that may lie outside


@dataclass(frozen=True)
class Acquisition:
    """What scans: a scanner at a dose, and who does the work.

    Attributes:
        scanner: The scanner.
        dose: The dose.
        backend: A name in `backends.BACKENDS`; left out, what `scanner.backend` says, `numba` where that is `auto`.
    """

    scanner: ScannerSettings
    dose: DoseSettings = field(default_factory=DoseSettings)
    backend: str = ""

    def __post_init__(self) -> None:
        if not self.backend:
            named = self.scanner.backend
            object.__setattr__(self, "backend", "numba" if named == "auto" else named)

    @property
    def worker(self) -> Backend:
        """The backend itself; loaded when first asked for."""
        return backend(self.backend)


def sample_scan(rng: np.random.Generator) -> dict[str, int]:
    """Draw what is random in a scan: the seed of its noise.

    Args:
        rng: Source of randomness.

    Returns:
        `{"seed": int}`, drawn alike for every scanner and dose, so that the doses of one case share it.
    """
    return {"seed": int(rng.integers(2**53))}


def attenuation(volume_hu: Values, scanner: ScannerSettings, grid: Grid, helix: Helix) -> Values:
    """Return the linear attenuation in 1/mm inside the field of view, `(x, y, z)`.

    Args:
        volume_hu: `(x, y, z)` in HU, an array or a tensor.
        scanner: What to do with a body that reaches out of the field of view.
        grid: Of the volume.
        helix: The scan.

    Raises:
        SettingError: if the body is wider than the field of view and `scanner.outside` is `refuse`.
    """
    operations = operations_of(volume_hu)
    distance = np.hypot(grid.axis(0)[:, None], grid.axis(1)[None, :])
    outside = distance > recon_radius(scanner, helix, grid)
    if scanner.outside == "refuse" and outside.any():
        body = operations.host((volume_hu > BODY).sum(axis=2))
        if body[outside].sum() > BODY_SHARE * body.sum():
            width = 2 * distance[body > 0].max()
            allowed = f"air for a body of {width:.0f} mm in a field of view of {2 * distance[~outside].max():.0f} mm"
            raise SettingError("outside", "refuse", allowed, "or take a scanner with a wider fan, or crop the volume")
    mu = (volume_hu * np.float32(WATER / 1000) + np.float32(WATER)).clip(min=0)
    mu[operations.like(outside, mu)] = 0.0
    return mu


def _check_memory(helix: Helix, scanner: ScannerSettings) -> None:
    need = 4 * float(np.prod(helix.shape)) / GIB
    if need > scanner.memory:
        remedy = f"raise it, scan a shorter volume, or take fewer views or channels ({helix.shape} projections)"
        raise SettingError("memory", scanner.memory, f"{need:.1f} GiB or more for this scan's projections", remedy)


def _coarse(volume_hu: Values, acquisition: Acquisition, grid: Grid, helix: Helix) -> Values:
    """Return the coarse projections of `mode=noise_only`."""
    settings = acquisition.scanner.noise_only
    small, small_grid = shrink(attenuation(volume_hu, acquisition.scanner, grid, helix), grid, settings.voxel)
    return acquisition.worker.forward(small, small_grid, coarse_helix(helix, settings))


def _exact(volume_hu: Values, acquisition: Acquisition, grid: Grid, helix: Helix, clean: Values = None) -> Views:
    """Return the noise-free views: made of `clean` where it is given, else projected as they are asked for."""
    scanner, worker = acquisition.scanner, acquisition.worker
    if scanner.mode == "noise_only":
        coarse = _coarse(volume_hu, acquisition, grid, helix) if clean is None else clean
        return worker.refine(coarse, coarse_helix(helix, scanner.noise_only), helix)
    if clean is not None:
        return lambda start, stop: clean[start:stop]
    mu = attenuation(volume_hu, scanner, grid, helix)
    return worker.project(mu, grid, helix, scanner.rays_per_cell, scanner.focal_spot)


def project(volume_hu: Values, spacing: Spacing, acquisition: Acquisition, progress: Progress | None = None) -> Values:
    """Return what all doses of a scan share: its noise-free projections, coarse ones with `mode=noise_only`.

    Args:
        volume_hu: `(x, y, z)` in HU, an array or a tensor.
        spacing: Voxel size in mm.
        acquisition: The scanner and who computes; the dose does not enter.
        progress: Called with (views done, views in all).

    Returns:
        Line integrals `(view, channel, row)`, an array or a tensor as the volume is and where it is; None where
        nothing is projected.

    Raises:
        SettingError: if the volume, the pitch or the memory is beyond the scanner.
    """
    if acquisition.scanner.kind != "helical":
        return None
    operations, reach = operations_of(volume_hu), acquisition.worker.within_reach
    with operations.device_of(volume_hu):
        return operations.like(_projected(reach(volume_hu), spacing, acquisition, progress), volume_hu)


def _projected(volume_hu: Values, spacing: Spacing, acquisition: Acquisition, progress: Progress | None) -> Values:
    scanner, worker = acquisition.scanner, acquisition.worker
    grid = Grid.centred(volume_hu.shape, spacing)
    helix = plan(scanner, grid)
    if scanner.mode == "noise_only":
        return _coarse(volume_hu, acquisition, grid, helix)
    _check_memory(helix, scanner)
    views = _exact(volume_hu, acquisition, grid, helix)
    clean = operations_of(volume_hu).zeros(helix.shape, volume_hu)
    for start in range(0, helix.views, VIEWS_PER_BLOCK):
        stop = min(start + VIEWS_PER_BLOCK, helix.views)
        block = views(start, stop)
        clean[start:stop] = worker.host(block) if isinstance(clean, np.ndarray) else block
        if progress:
            progress(stop, helix.views)
    return clean


def _measured(clean: Views, helix: Helix, acquisition: Acquisition, seed: int, progress: Progress | None) -> Views:
    """Return the views as they are measured; with `mode=noise_only` the noise without the signal."""
    scanner, dose = acquisition.scanner, acquisition.dose
    photons = None if dose.noiseless else fluence(dose, helix, scanner.efficiency)
    measure, alone = acquisition.worker.measure, scanner.mode == "noise_only"

    def views(start: int, stop: int) -> Any:
        exact = clean(start, stop)
        noisy = exact if photons is None else measure(exact, start, photons, dose.electronic_noise, seed)
        if progress:
            progress(stop, helix.views)
        return noisy - exact if alone else noisy

    return views


def _helical(
    volume_hu: Values,
    spacing: Spacing,
    acquisition: Acquisition,
    seed: int,
    clean: Values,
    progress: Progress | None,
) -> Values:
    scanner, alone = acquisition.scanner, acquisition.scanner.mode == "noise_only"
    grid = Grid.centred(volume_hu.shape, spacing)
    helix = plan(scanner, grid)
    views = _exact(volume_hu, acquisition, grid, helix, clean)
    if alone and acquisition.dose.noiseless:
        return volume_hu
    views = _measured(views, helix, acquisition, seed, progress)
    what, image = Reconstruction.of(scanner, helix, grid), operations_of(volume_hu).zeros(grid.shape, volume_hu)
    result = acquisition.worker.reconstruct(views, what, image)
    result *= np.float32(1000 / WATER)
    result += volume_hu if alone else np.float32(AIR)
    return result


def scan(
    volume_hu: Values,
    spacing: Spacing,
    acquisition: Acquisition,
    params: dict[str, int],
    clean: Values = None,
    progress: Progress | None = None,
) -> Values:
    """Return the volume as the scanner would show it.

    Args:
        volume_hu: `(x, y, z)` in HU, an array or a tensor.
        spacing: Voxel size in mm.
        acquisition: The scanner, the dose and who computes.
        params: From `sample_scan`.
        clean: From `project`; projected here, block by block, where None.
        progress: Called with (views done, views in all).

    Returns:
        `(x, y, z)` in HU on the same grid, float32, an array or a tensor as the volume is and where it is; with
        `kind=none` the volume unchanged.

    Raises:
        SettingError: if the volume, the pitch or the memory is beyond the scanner.
    """
    scanner, seed = acquisition.scanner, params["seed"]
    if scanner.kind == "none":
        return volume_hu
    if scanner.kind == "image":
        result = image.apply(volume_hu, spacing, image.liver_noise(acquisition.dose, spacing[2]), seed)
    else:
        operations, reach = operations_of(volume_hu), acquisition.worker.within_reach
        clean = clean if clean is None else reach(clean)
        with operations.device_of(volume_hu):
            result = _helical(reach(volume_hu), spacing, acquisition, seed, clean, progress)
            result = operations.like(result, volume_hu)
    return result.clip(min=LOWEST)
