"""How exact the scanner is: bodies with known integrals, the adjoint, noise against dose, noise-only against full."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scanner_problem import Row, bodies, problem_t, water_disc

from labelct.scanner.backends.numba import adjoint, forward, reconstruct
from labelct.scanner.chunked_reconstruction import Reconstruction
from labelct.scanner.geometry import Grid, plan
from labelct.scanner.scan import WATER, Acquisition, project, scan
from labelct.scanner.settings import DoseSettings, ReconSettings, ScannerSettings
from tests.scanner import analytic


def accuracy(arguments: argparse.Namespace) -> Iterator[Row]:
    scanner, grid = problem_t()
    helix, part = plan(scanner, grid), grid.slices(44, 84)
    water = analytic.cylinder(150, WATER, (12.0, -7.0))
    views, what = analytic.line_integrals([water], helix), Reconstruction.of(scanner, helix, part)

    def image() -> np.ndarray:
        return 1000 * reconstruct(lambda a, b: views[a:b], what) / WATER - 1000

    x, y = np.meshgrid(grid.axis(0) - 12.0, grid.axis(1) + 7.0, indexing="ij")
    distance, inside = np.hypot(x, y), np.hypot(x, y) < 135
    hu = image()
    ring = (distance > 100) & (distance < 130)
    sector = ((np.arctan2(y, x)[ring] + np.pi) / (2 * np.pi) * 36).astype(int) % 36
    azimuth = np.std([hu[ring][sector == number].mean() for number in range(36)])
    yield "water bias", "0.2 HU", f"{hu[inside].mean():+.3f} HU"
    yield "water standard deviation (Ram-Lak)", "1.4 HU", f"{hu[inside].std():.3f} HU"
    yield "slice-to-slice modulation", "0.5 HU", f"{hu[inside].mean(0).std():.4f} HU"
    yield "azimuthal modulation", "1.3 HU", f"{azimuth:.4f} HU"
    views += analytic.line_integrals(bodies(), helix)
    hu, away = image(), np.repeat(inside[:, :, None], part.shape[2], axis=2)
    for body in bodies():
        squares = [(part.axis(i) - body.centre[i]) ** 2 for i in range(3)]
        away &= squares[0][:, None, None] + squares[1][None, :, None] + squares[2] > (body.half_axes[0] + 4) ** 2
    yield "root mean square in water beside spheres", "2.1 HU", f"{np.sqrt((hu[away] ** 2).mean()):.2f} HU"
    small = Grid.centred((100, 100, 40), (1.5, 1.5, 1.5))
    exact = analytic.line_integrals([analytic.cylinder(60, WATER)], plan(scanner, small))
    volume = analytic.voxels([analytic.cylinder(60, WATER)], small, 3)
    found = forward(volume, small, plan(scanner, small))
    error = np.sqrt(((found - exact) ** 2).mean() / (exact**2).mean())
    yield "projector against exact cylinder, relative rms", "0.012", f"{error:.4f}"
    yield from adjointness(scanner)


def adjointness(scanner: ScannerSettings) -> Iterator[Row]:
    grid = Grid.centred((64, 64, 32), (4.0, 4.0, 4.0))
    helix, rng = plan(scanner, grid), np.random.default_rng(0)
    x, y = rng.random(grid.shape, dtype=np.float32), rng.random(helix.shape, dtype=np.float32)
    left = np.vdot(forward(x, grid, helix).astype(np.float64), y)
    right = np.vdot(x.astype(np.float64), adjoint(y, grid, helix))
    yield "adjointness <Ax, y> = <x, A'y>", "1e-5", f"{abs(left - right) / left:.1e}"


def spectrum(noise: np.ndarray, bands: int = 6) -> np.ndarray:
    """Return the power of `(slice, x, y)` noise in radial bands up to the grid's Nyquist frequency."""
    power = (np.abs(np.fft.fft2(noise - noise.mean(axis=(1, 2), keepdims=True))) ** 2).mean(0)
    f = np.fft.fftfreq(noise.shape[1])
    band = (np.hypot(f[:, None], f[None, :]) * 2 * bands).astype(int)
    return np.array([power[band == number].mean() for number in range(bands)])


def noise(arguments: argparse.Namespace) -> Iterator[Row]:
    scanner, _ = problem_t()
    scanner.recon = ReconSettings(kernel="soft")
    grid = Grid.centred((160, 160, 24), (1.5, 1.5, 1.5))
    volume, middle = water_disc(grid, 105), slice(48, 112)
    clean = project(volume, grid.spacing, Acquisition(scanner))
    still = scan(volume, grid.spacing, Acquisition(scanner, DoseSettings(mas=None)), {"seed": 0}, clean)

    def full(photons: float, seed: int, electronics: float = 0.0) -> np.ndarray:
        dose = DoseSettings(mas=None, photons=photons, electronic_noise=electronics)
        noisy = scan(volume, grid.spacing, Acquisition(scanner, dose), {"seed": seed}, clean)
        return (noisy - still)[middle, middle].transpose(2, 0, 1)

    high, low = full(4e5, 1), full(1e5, 2)
    ratio = low.std() / high.std()
    yield "noise at a quarter of the dose / at full dose", "2 +- 3 %", f"{ratio:.3f} ({100 * (ratio / 2 - 1):+.1f} %)"
    both = {"full": np.concatenate([full(5e4, seed, 3.3) for seed in range(arguments.seeds)])}
    only = Acquisition(replace(scanner, mode="noise_only"), DoseSettings(mas=None, photons=5e4))
    coarse = project(volume, grid.spacing, only)
    runs = (scan(volume, grid.spacing, only, {"seed": seed + 100}, coarse) - volume for seed in range(arguments.seeds))
    both["only"] = np.concatenate([run[middle, middle].transpose(2, 0, 1) for run in runs])
    std = {name: float(values.std()) for name, values in both.items()}
    bands = spectrum(both["only"]) / spectrum(both["full"])
    share = 100 * (std["only"] / std["full"] - 1)
    yield "noise-only / full, standard deviation", "1 %", f"{std['only']:.2f} / {std['full']:.2f} HU ({share:+.1f} %)"
    yield "noise-only / full, power per band", "5 %", ", ".join(f"{value:.3f}" for value in bands)
