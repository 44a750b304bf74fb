"""The scan as the pipeline calls it: what is projected once, what is drawn, and what comes of both."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from labelct.errors import SettingError
from labelct.scanner import dose as tube
from labelct.scanner import image, projector
from labelct.scanner.coarse import coarse_helix, refine, shrink
from labelct.scanner.geometry import Grid, Helix, plan, recon_radius
from labelct.scanner.settings import DoseSettings, ScannerSettings
from labelct.scanner.stream import GIB, VIEWS_PER_BLOCK, Block, reconstruct

Progress = Callable[[int, int], None]
Spacing = tuple[float, float, float]
WATER = 0.01926  # attenuation of water at 70 keV, the mean energy of a 120 kVp beam, in 1/mm
AIR, LOWEST = -1000.0, -1024.0
BODY, BODY_SHARE = -500.0, 1e-3  # HU above which a voxel is body; share of the body that may lie outside


def sample_scan(scanner: ScannerSettings, dose: DoseSettings, rng: np.random.Generator) -> dict[str, int]:
    """Draw what is random in a scan: the seed of its noise.

    Args:
        scanner: The scanner.
        dose: The dose.
        rng: Source of randomness.

    Returns:
        `{"seed": int}`, drawn alike for every scanner and dose, so that the doses of one case share it.
    """
    return {"seed": int(rng.integers(2**53))}


def attenuation(
    volume_hu: NDArray[np.float32], scanner: ScannerSettings, grid: Grid, helix: Helix
) -> NDArray[np.float32]:
    """Return the linear attenuation in 1/mm inside the field of view, `(x, y, z)`.

    Args:
        volume_hu: `(x, y, z)` in HU.
        scanner: What to do with a body that reaches out of the field of view.
        grid: Of the volume.
        helix: The scan.

    Raises:
        SettingError: if the body is wider than the field of view and `scanner.outside` is `refuse`.
    """
    distance = np.hypot(grid.axis(0)[:, None], grid.axis(1)[None, :])
    outside = distance > recon_radius(scanner, helix, grid)
    if scanner.outside == "refuse" and outside.any():
        body = (volume_hu > BODY).sum(axis=2)
        if body[outside].sum() > BODY_SHARE * body.sum():
            width = 2 * distance[body > 0].max()
            allowed = f"air for a body of {width:.0f} mm in a field of view of {2 * distance[~outside].max():.0f} mm"
            raise SettingError("outside", "refuse", allowed, "or take a scanner with a wider fan, or crop the volume")
    mu = np.maximum(volume_hu * np.float32(WATER / 1000) + np.float32(WATER), np.float32(0))
    mu[outside] = 0.0
    return mu


def _line_integrals(mu: NDArray[np.float32], grid: Grid, helix: Helix, scanner: ScannerSettings) -> Block:
    """Return a function that projects the views `[start, stop)`.

    With several rays per cell their intensities are averaged, as a detector does, not their line integrals.
    """
    rays = scanner.rays_per_cell
    padded = projector.pad(mu, grid, helix.finer(rays), extend=True)
    spots = (np.arange(rays) + 0.5) / rays - 0.5 if scanner.focal_spot > 0 else np.zeros(1)

    def views(start: int, stop: int) -> NDArray[np.float32]:
        part = helix.part(start, stop)
        if rays == 1:
            return projector.forward(padded, part)
        intensity = np.zeros(part.shape, np.float32)
        for spot in spots:
            focus = np.full(helix.channels * rays, spot * scanner.focal_spot)
            fine = projector.forward(padded, part.finer(rays), focus=focus)
            cells = np.exp(-fine).reshape(part.views, part.channels, rays, part.rows, rays)
            intensity += cells.mean(axis=(2, 4)) / np.float32(len(spots))
        return -np.log(np.maximum(intensity, np.float32(1e-30)))

    return views


def _check_memory(helix: Helix, scanner: ScannerSettings) -> None:
    need = 4 * float(np.prod(helix.shape)) / GIB
    if need > scanner.memory:
        remedy = f"raise it, scan a shorter volume, or take fewer views or channels ({helix.shape} projections)"
        raise SettingError("memory", scanner.memory, f"{need:.1f} GiB or more for this scan's projections", remedy)


def project(
    volume_hu: NDArray[np.float32], spacing: Spacing, scanner: ScannerSettings, progress: Progress | None = None
) -> NDArray[np.float32] | None:
    """Return what all doses of a scan share: its noise-free projections, coarse ones with `mode=noise_only`.

    Args:
        volume_hu: `(x, y, z)` in HU.
        spacing: Voxel size in mm.
        scanner: The scanner.
        progress: Called with (views done, views in all).

    Returns:
        Line integrals `(view, channel, row)`, or None where nothing is projected.

    Raises:
        SettingError: if the volume, the pitch or the memory is beyond the scanner.
    """
    if scanner.kind != "helical":
        return None
    grid = Grid.centred(volume_hu.shape, spacing)
    helix = plan(scanner, grid)
    mu = attenuation(volume_hu, scanner, grid, helix)
    if scanner.mode == "noise_only":
        coarse = coarse_helix(helix, scanner.coarse)
        small, small_grid = shrink(mu, grid, scanner.coarse.voxel, 0.0)
        return projector.forward(projector.pad(small, small_grid, coarse, extend=True), coarse)
    _check_memory(helix, scanner)
    views = _line_integrals(mu, grid, helix, scanner)
    clean = np.empty(helix.shape, np.float32)
    for start in range(0, helix.views, VIEWS_PER_BLOCK):
        stop = min(start + VIEWS_PER_BLOCK, helix.views)
        clean[start:stop] = views(start, stop)
        if progress:
            progress(stop, helix.views)
    return clean


def _measured(
    clean: Block,
    helix: Helix,
    scanner: ScannerSettings,
    dose: DoseSettings,
    seed: int,
    alone: bool,
    progress: Progress | None,
) -> Block:
    """Return a function that measures the views `[start, stop)`; with `alone`, the noise without the signal."""
    photons = None if dose.noiseless else tube.fluence(dose, helix, scanner.efficiency)

    def views(start: int, stop: int) -> NDArray[np.float32]:
        exact = clean(start, stop)
        noisy = exact
        if photons is not None:
            noisy = tube.noisy_views(exact, photons, dose.electronic_noise, seed, start)
        if progress:
            progress(stop, helix.views)
        return noisy - exact if alone else noisy

    return views


def _helical(
    volume_hu: NDArray[np.float32],
    grid: Grid,
    scanner: ScannerSettings,
    dose: DoseSettings,
    seed: int,
    clean: NDArray[np.float32] | None,
    progress: Progress | None,
) -> NDArray[np.float32]:
    helix = plan(scanner, grid)
    if clean is None:
        views = _line_integrals(attenuation(volume_hu, scanner, grid, helix), grid, helix, scanner)
    else:
        views = lambda start, stop: clean[start:stop]  # noqa: E731
    mu = reconstruct(_measured(views, helix, scanner, dose, seed, False, progress), scanner, helix, grid)
    mu *= np.float32(1000 / WATER)
    mu -= np.float32(1000)
    return mu


def _noise_only(
    volume_hu: NDArray[np.float32],
    grid: Grid,
    scanner: ScannerSettings,
    dose: DoseSettings,
    seed: int,
    coarse: NDArray[np.float32],
    progress: Progress | None,
) -> NDArray[np.float32]:
    if dose.noiseless:
        return volume_hu
    helix = plan(scanner, grid)
    small = coarse_helix(helix, scanner.coarse)
    views = _measured(
        lambda start, stop: refine(coarse, small, helix, start, stop), helix, scanner, dose, seed, True, progress
    )
    noise = reconstruct(views, scanner, helix, grid)
    noise *= np.float32(1000 / WATER)
    noise += volume_hu
    return noise


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
        clean: From `project`; projected here, block by block, where None.
        progress: Called with (views done, views in all).

    Returns:
        `(x, y, z)` in HU on the same grid, float32; with `kind=none` the volume unchanged.

    Raises:
        SettingError: if the volume, the pitch or the memory is beyond the scanner.
    """
    if scanner.kind == "none":
        return volume_hu
    if scanner.kind == "image":
        result = image.apply(volume_hu, spacing, image.liver_noise(dose, spacing[2]), params["seed"])
    else:
        grid = Grid.centred(volume_hu.shape, spacing)
        if scanner.mode == "noise_only":
            coarse = project(volume_hu, spacing, scanner) if clean is None else clean
            assert coarse is not None
            result = _noise_only(volume_hu, grid, scanner, dose, params["seed"], coarse, progress)
        else:
            result = _helical(volume_hu, grid, scanner, dose, params["seed"], clean, progress)
    return np.maximum(result, np.float32(LOWEST))
