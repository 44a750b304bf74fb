"""The scanner against its peers and against exact results: one table.

    python benchmarks/scanner.py --rtk-python PYTHON_WITH_ITK_RTK     # everything, about 15 minutes on two cores
    python benchmarks/scanner.py --only accuracy noise                # parts of it

Problem T: R 570, D 1040, 512 channels over 50 degrees, 32 rows of 1.2 mm, 360 views per turn, pitch 1; 256 x 256 x
128 voxels of 1.5 mm. Without `--rtk-python` this Python is asked for `itk-rtk`.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from plain_loop import backproject as plain_backproject
from rich.console import Console
from rich.table import Table

from labelct.commands.scan import settings
from labelct.scanner import analytic, backproject, projector, rebin
from labelct.scanner.geometry import Grid, plan, recon_radius
from labelct.scanner.lookup import has_permute
from labelct.scanner.scan import WATER, project, scan
from labelct.scanner.settings import DoseSettings, ReconSettings, ScannerSettings
from labelct.scanner.stream import reconstruct

Row = tuple[str, str, str]
VIEWS = 240  # of problem T's middle, for the projectors; RTK takes minutes for all of it on a busy machine
PATHS = {"portable": None, "permute": True} if has_permute() else {"portable": None}


def problem_t() -> tuple[ScannerSettings, Grid]:
    scanner = ScannerSettings(
        kind="helical",
        channels=512,
        channel_pitch=math.radians(50) / 512,
        channel_offset=0.0,
        rows=32,
        row_width=1.2,
        views=360,
        recon=ReconSettings(kernel="ram-lak", slice_thickness=0.1),
    )
    return scanner, Grid.centred((256, 256, 128), (1.5, 1.5, 1.5))


def bodies() -> list[analytic.Body]:
    spheres = [((60, 20, 0), 20, 0.2), ((-50, 40, 10), 15, -0.2), ((-30, -70, -12), 25, 0.05), ((20, 80, 5), 12, 0.8)]
    return [analytic.sphere(centre, radius, share * WATER) for centre, radius, share in spheres]


def timed(work: Callable[[], object], repeats: int = 3) -> float:
    """Return the least wall time of a few runs in seconds, after one that compiles."""
    work()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def forward(arguments: argparse.Namespace) -> Iterator[Row]:
    scanner, grid = problem_t()
    whole = plan(scanner, grid)
    helix = whole.part(whole.views // 2 - VIEWS // 2, whole.views // 2 + VIEWS // 2)
    ball = [replace(body, centre=(*body.centre[:2], 0.0)) for body in bodies()]
    volume = analytic.voxels([analytic.sphere((0, 0, 0), 90, WATER), *ball], grid)
    padded = projector.pad(volume, grid, helix, extend=False)
    ours = {
        name: timed(lambda path=path: projector.forward(padded, helix, path=path), arguments.repeats)
        for name, path in PATHS.items()
    }
    rays = math.prod(helix.shape) / 1e6
    for name, seconds in ours.items():
        yield f"forward, {name}, {VIEWS} views of problem T", "", f"{seconds:.2f} s, {rays / seconds:.1f} Mrays/s"
    theirs, seconds = rtk_forward(volume, grid, helix, arguments.rtk_python)
    if theirs is None:
        yield "forward against RTK", "5x, 9x", "itk-rtk is not installed"
        return
    complete = timed(lambda: projector.forward(padded, whole), 1)
    yield "forward, whole of problem T", "", f"{complete:.2f} s, {math.prod(whole.shape) / 1e6 / complete:.1f} Mrays/s"
    found = projector.forward(padded, helix)
    error = np.sqrt(((found - theirs) ** 2).mean() / (theirs**2).mean())
    yield "RTK Joseph, cylindrical detector", "", f"{seconds:.2f} s, {rays / seconds:.1f} Mrays/s"
    for name, target in (("portable", "5x"), ("permute", "9x")):
        if name in ours:
            yield f"forward against RTK, {name}", target, f"{seconds / ours[name]:.1f}x"
    yield "forward against RTK, relative rms", "1e-5", f"{error:.1e}"


def rtk_forward(volume, grid, helix, python: str) -> tuple[np.ndarray | None, float]:
    probe = subprocess.run([python, "-c", "from itk import RTK"], capture_output=True, check=False)
    if probe.returncode:
        return None, math.nan
    views = np.arange(helix.views)
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "given.npz", Path(folder) / "made.npz"
        np.savez(
            given,
            volume=volume,
            origin=grid.origin,
            spacing=grid.spacing,
            angles=helix.angle(views),
            heights=helix.height(views),
            gamma=helix.gamma,
            v=helix.v,
            source_isocentre=helix.source_isocentre,
            source_detector=helix.source_detector,
        )
        subprocess.run([python, str(Path(__file__).with_name("rtk_joseph.py")), given, made], check=True)
        result = np.load(made)
        return result["projections"], float(result["seconds"])


def backprojection(arguments: argparse.Namespace) -> Iterator[Row]:
    scanner, grid = problem_t()
    helix = plan(scanner, grid)
    wedge, radius = rebin.Wedge.of(helix), recon_radius(scanner, helix, grid)
    margin = wedge.margin
    shape = (helix.views - 2 * margin, helix.channels, wedge.rows)
    filtered = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
    part = Grid((64, 64, 128), grid.spacing, (-30.0, 10.0, grid.origin[2]))
    image = np.zeros(part.shape, np.float32)
    feed = helix.table_feed / (2 * math.pi)
    turn = (helix.first_angle, helix.view_pitch, helix.first_height, feed)
    detector = (helix.source_isocentre, helix.source_detector, helix.row_pitch)
    given = (
        filtered, margin, (helix.rows, helix.views_per_turn // 2), detector, wedge.spacing, float(wedge.u[0]), turn,
        part.axis(2), part.axis(0), part.axis(1), 0.6,
    )  # fmt: skip
    updates = plain_backproject(*given, image) / 1e9
    plain = updates / timed(lambda: plain_backproject(*given, np.zeros(part.shape, np.float32)), 1)
    yield "backprojection, plain numba loop", "", f"{plain:.3f} G updates/s"
    for name, target in (("portable", "0.7"), ("permute", "1.2")):
        if name in PATHS:
            path = PATHS[name]

            def work(grid: Grid = part, path: bool | None = path) -> np.ndarray:
                return backproject.backproject(filtered, margin, wedge, grid, 0.6, radius, path=path)

            speed = updates / timed(work, arguments.repeats)
            error = np.abs(work() - image).max() / np.abs(image).max()
            yield f"backprojection, {name}, G updates/s", target, f"{speed:.2f} ({speed / plain:.1f}x the plain loop)"
            yield f"backprojection, {name}, largest difference to the loop", "", f"{error:.1e}"
    work = timed(lambda: backproject.backproject(filtered, margin, wedge, grid, 0.6, radius), 1)
    yield "backprojection of the whole of problem T", "", f"{work:.2f} s"


def accuracy(arguments: argparse.Namespace) -> Iterator[Row]:
    scanner, grid = problem_t()
    helix, part = plan(scanner, grid), grid.slices(44, 84)
    water = analytic.cylinder(150, WATER, (12.0, -7.0))
    views = analytic.line_integrals([water], helix)

    def image() -> np.ndarray:
        return 1000 * reconstruct(lambda a, b: views[a:b], scanner, helix, part) / WATER - 1000

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
    found = projector.forward(projector.pad(volume, small, plan(scanner, small), True), plan(scanner, small))
    error = np.sqrt(((found - exact) ** 2).mean() / (exact**2).mean())
    yield "projector against exact cylinder, relative rms", "0.012", f"{error:.4f}"
    yield from adjoint(scanner)


def adjoint(scanner: ScannerSettings) -> Iterator[Row]:
    grid = Grid.centred((64, 64, 32), (4.0, 4.0, 4.0))
    helix, rng = plan(scanner, grid), np.random.default_rng(0)
    x, y = rng.random(grid.shape, dtype=np.float32), rng.random(helix.shape, dtype=np.float32)
    left = np.vdot(projector.forward(projector.pad(x, grid, helix, True), helix).astype(np.float64), y)
    right = np.vdot(x.astype(np.float64), projector.adjoint(y, grid, helix, True))
    yield "adjointness <Ax, y> = <x, A'y>", "1e-5", f"{abs(left - right) / left:.1e}"


def water_disc(grid: Grid, radius: float) -> np.ndarray:
    inside = np.hypot(grid.axis(0)[:, None], grid.axis(1)[None, :]) < radius
    return np.where(inside[:, :, None], np.float32(0), np.float32(-1000)) + np.zeros(grid.shape, np.float32)


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
    clean = project(volume, grid.spacing, scanner)
    still = scan(volume, grid.spacing, scanner, DoseSettings(mas=None), {"seed": 0}, clean)

    def full(photons: float, seed: int, electronics: float = 0.0) -> np.ndarray:
        dose = DoseSettings(mas=None, photons=photons, electronic_noise=electronics)
        return (scan(volume, grid.spacing, scanner, dose, {"seed": seed}, clean) - still)[middle, middle].transpose(
            2, 0, 1
        )

    high, low = full(4e5, 1), full(1e5, 2)
    ratio = low.std() / high.std()
    yield "noise at a quarter of the dose / at full dose", "2 +- 3 %", f"{ratio:.3f} ({100 * (ratio / 2 - 1):+.1f} %)"
    both = {"full": np.concatenate([full(5e4, seed, 3.3) for seed in range(arguments.seeds)])}
    only = replace(scanner, mode="noise_only")
    coarse = project(volume, grid.spacing, only)
    dose = DoseSettings(mas=None, photons=5e4)
    runs = (
        scan(volume, grid.spacing, only, dose, {"seed": seed + 100}, coarse) - volume for seed in range(arguments.seeds)
    )
    both["only"] = np.concatenate([run[middle, middle].transpose(2, 0, 1) for run in runs])
    std = {name: float(values.std()) for name, values in both.items()}
    bands = spectrum(both["only"]) / spectrum(both["full"])
    share = 100 * (std["only"] / std["full"] - 1)
    yield "noise-only / full, standard deviation", "1 %", f"{std['only']:.2f} / {std['full']:.2f} HU ({share:+.1f} %)"
    yield "noise-only / full, power per band", "5 %", ", ".join(f"{value:.3f}" for value in bands)


def linear(arguments: argparse.Namespace) -> Iterator[Row]:
    scanner = settings("scanner", "compact", ())
    scan(np.full((16, 16, 4), -1000, np.float32), (4.0, 4.0, 4.0), scanner, DoseSettings(), {"seed": 0})
    for count in (96, 192, 384):
        grid = Grid.centred((96, 96, count), (4.0, 4.0, 4.0))
        volume = water_disc(grid, 150)
        start = time.process_time()
        scan(volume, grid.spacing, scanner, DoseSettings(), {"seed": 0})
        seconds = time.process_time() - start
        per_view = seconds / plan(scanner, grid).views * 1e3
        yield (
            f"compact scan of {count * 4} mm of table travel",
            "linear",
            f"{seconds:.2f} CPU seconds, {per_view:.2f} ms per view",
        )


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _large(name: str, shape: tuple[int, int, int], answer: multiprocessing.SimpleQueue) -> None:
    grid = Grid.centred(shape, (1.5, 1.5, 1.5))
    scanner = settings("scanner", name, ())
    x, y = grid.axis(0)[:, None] / 170, grid.axis(1)[None, :] / 120
    volume = np.where((np.hypot(x, y) < 1)[:, :, None], np.float32(40), np.float32(-1000)) + np.zeros(shape, np.float32)
    marks = [_clocks()]
    clean = project(volume, grid.spacing, scanner)
    marks.append(_clocks())
    scan(volume, grid.spacing, scanner, DoseSettings(), {"seed": 0}, clean)
    marks.append(_clocks())
    answer.put(
        (np.diff(marks, axis=0).tolist(), clean.shape, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
    )


def large(arguments: argparse.Namespace) -> Iterator[Row]:
    context = multiprocessing.get_context("spawn")
    answer = context.SimpleQueue()
    process = context.Process(target=_large, args=("sensation64", (280, 280, 260), answer))
    process.start()
    process.join()
    (forward, rest), shape, peak = answer.get()
    yield "sensation64, 280 x 280 x 260 at 1.5 mm: projections", "", f"{shape[0]} x {shape[1]} x {shape[2]}"
    yield "the same: forward projection", "report", f"{forward[0]:.0f} s ({forward[1]:.0f} CPU seconds)"
    yield "the same: noise, rebinning, filter, backprojection", "report", f"{rest[0]:.0f} s ({rest[1]:.0f} CPU seconds)"
    yield "the same: peak memory", "6 GiB", f"{peak:.2f} GiB"


PARTS = {
    "forward": forward,
    "backprojection": backprojection,
    "accuracy": accuracy,
    "noise": noise,
    "linear": linear,
    "large": large,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rtk-python", default=sys.executable, help="a Python that has itk-rtk")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="parts to run")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each timing; the fastest counts")
    parser.add_argument("--seeds", type=int, default=4, help="scans per noise spectrum")
    arguments = parser.parse_args()
    table = Table(
        "figure", "to reach", "found", title=f"scanner, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    for name in arguments.only:
        for row in PARTS[name](arguments):
            print(*row, sep=" | ", flush=True)
            table.add_row(*row)
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
