"""The scanner on a card: exactness against the CPU's backend, and how fast each of its steps is."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import gpu_peers
import numba
import numpy as np
import torch
from scanner_problem import Row, bodies, problem_t, timed, water_disc
from torch import Tensor
from triton.testing import do_bench

from labelct.commands.compose import configuration
from labelct.scanner.backends import backend
from labelct.scanner.backends.cuda import backproject, noise, projector, rebin
from labelct.scanner.backends.numba import backproject as cpu_backproject
from labelct.scanner.backends.numba import projector as cpu_projector
from labelct.scanner.chunked_reconstruction import Reconstruction
from labelct.scanner.geometry import Grid, Helix, plan
from labelct.scanner.scan import WATER, Acquisition, scan
from labelct.scanner.settings import DoseSettings, ScannerSettings
from tests.scanner import analytic

CORES = 2  # of the CPU that the card is compared with
PER_SAMPLE = 14  # operations in float32: three interpolations of three, weights, addition
PER_UPDATE = 24  # of a slice and a half turn: place in the aperture, weight, three interpolations, two sums


def relative_rms(found: np.ndarray, right: np.ndarray) -> float:
    return float(np.sqrt(((found - right) ** 2).mean() / (right**2).mean()))


def exact(arguments: argparse.Namespace, card: Any) -> Iterator[Row]:
    """Compare the card with the CPU, and with water whose integrals are known."""
    settings, grid = problem_t()
    helix = plan(settings, grid)
    volume = analytic.voxels([analytic.sphere((0, 0, 0), 90, WATER), *bodies()], grid)
    cpu, gpu = backend("numba"), backend("cuda")
    found, right = gpu.forward(volume, grid, helix), cpu.forward(volume, grid, helix)
    yield "problem T: projections against the CPU's, relative rms", "1e-4", f"{relative_rms(found, right):.1e}"
    what = Reconstruction.of(settings, helix, grid)
    images = [each.reconstruct(lambda a, b: right[a:b], what) * (1000 / WATER) for each in (gpu, cpu)]
    off = np.sqrt(((images[0] - images[1]) ** 2).mean())
    yield "problem T: image against the CPU's, rms", "0.05 HU", f"{off:.4f} HU"
    part = grid.slices(44, 84)
    views = analytic.line_integrals([analytic.cylinder(150, WATER, (12.0, -7.0))], helix)
    image = 1000 * gpu.reconstruct(lambda a, b: views[a:b], Reconstruction.of(settings, helix, part)) / WATER - 1000
    inside = np.hypot(grid.axis(0)[:, None] - 12.0, grid.axis(1)[None, :] + 7.0) < 135
    yield "problem T: water bias, analytic projections", "0.2 HU", f"{image[inside].mean():+.3f} HU"
    x, y = (np.random.default_rng(n).random(s, dtype=np.float32) for n, s in enumerate((grid.shape, helix.shape)))
    left = np.vdot(gpu.forward(x, grid, helix).astype(np.float64), y)
    off = abs(left - np.vdot(x.astype(np.float64), gpu.adjoint(y, grid, helix))) / left
    yield "problem T: adjointness <Ax, y> = <x, A'y>", "1e-5", f"{off:.1e}"
    photons, clean = np.full(helix.channels, 2e4, np.float32), right[:64]
    noisy = [each.host(each.measure(clean, 7, photons, 3.3, 5)) - clean for each in (gpu, cpu)]
    yield "noise of one seed: card against CPU, relative rms", "rounding", f"{relative_rms(*noisy):.1e}"


def scanner(arguments: argparse.Namespace, card: Any) -> Iterator[Row]:
    """Time the steps of problem T, each on data that lie on the card."""
    settings, grid = problem_t()
    helix = plan(settings, grid)
    volume = analytic.voxels([analytic.sphere((0, 0, 0), 90, WATER), *bodies()], grid)
    numba.set_num_threads(min(CORES, numba.config.NUMBA_NUM_THREADS))
    yield from _forward(volume, grid, helix, card)
    yield from _backprojection(settings, grid, helix, card)


def _forward(volume: np.ndarray, grid: Grid, helix: Helix, card: Any) -> Iterator[Row]:
    padded = projector.pad(volume, grid, extend=False)
    seconds = median(lambda: projector.line_integrals(padded, helix))
    rays = math.prod(helix.shape)
    length = _samples(projector.rays(helix, padded.grid)) * helix.rows
    bound = max(length * PER_SAMPLE / card.arithmetic, 4 * (rays + volume.size) / card.bandwidth)
    yield "problem T: forward projection", "", f"{_ms(seconds)}, {rays / 1e9 / seconds:.2f} Grays/s"
    yield "the same: samples, and share of the bound", "", f"{length / 1e9 / seconds:.0f} G/s, {bound / seconds:.0%}"
    on_cpu = cpu_projector.pad(volume, grid, helix, extend=False)
    two = timed(lambda: cpu_projector.line_integrals(on_cpu, helix), 1)
    yield f"forward projection against {CORES} cores ({two:.2f} s)", "100x", f"{two / seconds:.0f}x"
    ours, resident = projector.line_integrals(padded, helix), torch.from_numpy(volume).cuda()
    for name, adapter in (("ASTRA", gpu_peers.astra), ("diffct", gpu_peers.diffct)):
        yield from _peer(name, adapter(resident, grid, helix), seconds, ours)
    adjoint = median(lambda: projector.add_adjoint(padded, ours, helix))
    yield "problem T: adjoint", "", _ms(adjoint)


def _samples(rays: Tensor) -> int:
    """Return how many planes all rays of a row cross."""
    first, stop = rays[6], rays[7]
    return int((stop - first).clamp(min=0).sum(dtype=torch.float64))


def _peer(name: str, peer: gpu_peers.Peer | str, seconds: float, ours: Tensor) -> Iterator[Row]:
    if isinstance(peer, str):
        yield f"forward projection against {name}", "1x", peer
        return
    theirs = median(peer.work)
    made = peer.ours(peer.work())
    rms = float(((made - ours).square().mean() / ours.square().mean()).sqrt())
    yield f"forward projection against {name} ({_ms(theirs)})", "1x", f"{theirs / seconds:.1f}x, relative rms {rms:.1e}"


def _backprojection(settings: ScannerSettings, grid: Grid, helix: Helix, card: Any) -> Iterator[Row]:
    what = Reconstruction.of(settings, helix, grid)
    wedge, margin = what.wedge, what.wedge.margin
    cone = torch.randn(helix.shape, device="cuda")
    photons, count = np.full(helix.channels, 2e5, np.float32), helix.views - 2 * margin
    yield "problem T: photon noise", "", _ms(median(lambda: noise.measure(cone.abs(), 0, photons, 3.3, 1)))
    rebinning = median(lambda: rebin.filtered_wedge(cone, margin, count, what))
    yield "problem T: rebinning and ramp filter", "", _ms(rebinning)
    filtered = rebin.filtered_wedge(cone, margin, count, what)
    seconds = median(lambda: backproject.backproject(filtered, margin, what))
    columns = np.hypot(grid.axis(0)[:, None], grid.axis(1)[None, :]) <= what.radius
    # Every voxel is lit by 1/pitch turns of the beam on the axis, and by about as many on the mean elsewhere.
    updates = columns.sum() * grid.shape[2] * helix.views_per_turn / helix.pitch
    bound = max(updates * PER_UPDATE / card.arithmetic, (filtered.nbytes + 4 * math.prod(grid.shape)) / card.bandwidth)
    yield "problem T: backprojection", "", f"{_ms(seconds)}, about {updates / 1e9 / seconds:.0f} G updates/s"
    yield "the same: share of the bound", "", f"{bound / seconds:.0%}"
    on_cpu = np.zeros((count, helix.channels, wedge.rows), np.float32)
    on_cpu[:, :, : helix.rows] = filtered.cpu().numpy()
    two = timed(lambda: cpu_backproject.backproject(on_cpu, margin, what), 1)
    yield f"backprojection against {CORES} cores ({two:.2f} s)", "100x", f"{two / seconds:.0f}x"


def clinical(arguments: argparse.Namespace, card: Any) -> Iterator[Row]:
    """Scan a water phantom with a clinical scanner, from and to the host's memory."""
    for name, shape in (("definition_as", (512, 512, 256)), ("force", (512, 512, 512))):
        settings = configuration([f"scanner={name}"]).scanner
        grid = Grid.centred(shape, (0.8, 0.8, 1.0))
        volume, given = water_disc(grid, 170), Acquisition(settings, DoseSettings(), "cuda")
        torch.cuda.reset_peak_memory_stats()
        start = time.perf_counter()
        scan(volume, grid.spacing, given, {"seed": 0})
        seconds, peak = time.perf_counter() - start, torch.cuda.max_memory_allocated() / 2**30
        wanted = ("10 s", "") if name == "definition_as" else ("", "8 GiB")
        label = f"{name}, {' x '.join(map(str, shape))}: projected, noisy, reconstructed"
        yield label, wanted[0], f"{seconds:.1f} s ({plan(settings, grid).views} views)"
        yield f"{name}: device memory at most", wanted[1], f"{peak:.2f} GiB"


def median(work: Callable[[], object]) -> float:
    """Return the median seconds of some work by the card's clock."""
    return float(do_bench(work, return_mode="median")) / 1e3


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"
