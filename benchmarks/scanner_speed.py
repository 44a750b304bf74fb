"""How fast the scanner is: beside RTK, XCIST and a plain numba loop, along the table, and on a large volume."""

from __future__ import annotations

import argparse
import math
import multiprocessing
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
from plain_loop import backproject as plain_backproject
from scanner_problem import PATHS, Row, bodies, problem_t, timed, water_disc

from labelct.commands.compose import configuration
from labelct.scanner.backends.numba import backproject, projector, rebin
from labelct.scanner.chunked_reconstruction import Reconstruction
from labelct.scanner.geometry import Grid, Helix, plan
from labelct.scanner.scan import WATER, Acquisition, project, scan
from tests.scanner import analytic

VIEWS = 240  # of problem T's middle, for the projectors; RTK takes minutes for all of it on a busy machine


def forward(arguments: argparse.Namespace) -> Iterator[Row]:
    scanner, grid = problem_t()
    whole = plan(scanner, grid)
    helix = whole.part(whole.views // 2 - VIEWS // 2, whole.views // 2 + VIEWS // 2)
    ball = [replace(body, centre=(*body.centre[:2], 0.0)) for body in bodies()]
    volume = analytic.voxels([analytic.sphere((0, 0, 0), 90, WATER), *ball], grid)
    padded = projector.pad(volume, grid, helix, extend=False)
    ours = {
        name: timed(lambda path=path: projector.line_integrals(padded, helix, path=path), arguments.repeats)
        for name, path in PATHS.items()
    }
    for name, seconds in ours.items():
        yield f"forward, {name}, {VIEWS} views of problem T", "", speed(helix, seconds)
    yield "forward, whole of problem T", "", speed(whole, timed(lambda: projector.line_integrals(padded, whole), 1))
    found = projector.line_integrals(padded, helix)
    with tempfile.TemporaryDirectory() as folder:
        given = hand_over(Path(folder), volume, grid, helix)
        yield from rtk(given, arguments.rtk_python, helix, ours, found)
        yield from xcist(given, arguments.xcist_python, helix, ours, found)


def speed(helix: Helix, seconds: float) -> str:
    return f"{seconds:.2f} s, {math.prod(helix.shape) / 1e6 / seconds:.1f} Mrays/s"


def hand_over(folder: Path, volume: np.ndarray, grid: Grid, helix: Helix) -> Path:
    """Write what another package's Python needs to project the same scan."""
    views = np.arange(helix.views)
    np.savez(
        folder / "given.npz",
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
    return folder / "given.npz"


def peer(python: str, probe: str, script: str, given: Path) -> tuple[np.ndarray, float] | None:
    """Return another package's projections and its seconds, or None where it is not installed."""
    if subprocess.run([python, "-c", probe], capture_output=True, check=False).returncode:
        return None
    made = given.with_name("made.npz")
    subprocess.run([python, str(Path(__file__).with_name(script)), given, made], check=True)
    with np.load(made) as result:
        return result["projections"], float(result["seconds"])


def relative_rms(found: np.ndarray, theirs: np.ndarray) -> str:
    return f"{np.sqrt(((found - theirs) ** 2).mean() / (theirs**2).mean()):.1e}"


def rtk(given: Path, python: str, helix: Helix, ours: dict[str, float], found: np.ndarray) -> Iterator[Row]:
    result = peer(python, "from itk import RTK", "rtk_joseph.py", given)
    if result is None:
        yield "forward against RTK", "5x, 9x", "itk-rtk is not installed"
        return
    yield "RTK Joseph, cylindrical detector", "", speed(helix, result[1])
    for name, target in (("portable", "5x"), ("permute", "9x")):
        if name in ours:
            yield f"forward against RTK, {name}", target, f"{result[1] / ours[name]:.1f}x"
    yield "forward against RTK, relative rms", "1e-5", relative_rms(found, result[0])


def xcist(given: Path, python: str, helix: Helix, ours: dict[str, float], found: np.ndarray) -> Iterator[Row]:
    result = peer(python, "import gecatsim", "scanner_xcist.py", given)
    if result is None:
        yield "forward against XCIST", "", "gecatsim is not installed"
        return
    yield "XCIST distance-driven", "", speed(helix, result[1])
    for name, seconds in ours.items():
        yield f"forward against XCIST, {name}", "", f"{result[1] / seconds:.1f}x"
    yield "forward against XCIST (cells against rays), relative rms", "", relative_rms(found, result[0])


def backprojection(arguments: argparse.Namespace) -> Iterator[Row]:
    scanner, grid = problem_t()
    helix = plan(scanner, grid)
    what = Reconstruction.of(scanner, helix, grid)
    wedge, margin = what.wedge, what.wedge.margin
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

            def work(path: bool | None = path) -> np.ndarray:
                return backproject.backproject(filtered, margin, replace(what, grid=part), path=path)

            speed = updates / timed(work, arguments.repeats)
            error = np.abs(work() - image).max() / np.abs(image).max()
            yield f"backprojection, {name}, G updates/s", target, f"{speed:.2f} ({speed / plain:.1f}x the plain loop)"
            yield f"backprojection, {name}, largest difference to the loop", "", f"{error:.1e}"
    work = timed(lambda: backproject.backproject(filtered, margin, what), 1)
    yield "backprojection of the whole of problem T", "", f"{work:.2f} s"


def linear(arguments: argparse.Namespace) -> Iterator[Row]:
    scanner = configuration(["scanner=compact"]).scanner
    scan(np.full((16, 16, 4), -1000, np.float32), (4.0, 4.0, 4.0), Acquisition(scanner), {"seed": 0})
    for count in (96, 192, 384):
        grid = Grid.centred((96, 96, count), (4.0, 4.0, 4.0))
        volume = water_disc(grid, 150)
        start = time.process_time()
        scan(volume, grid.spacing, Acquisition(scanner), {"seed": 0})
        seconds = time.process_time() - start
        per_view = seconds / plan(scanner, grid).views * 1e3
        yield (
            f"compact scan of {count * 4} mm of table travel",
            "linear",
            f"{seconds:.2f} CPU seconds, {per_view:.2f} ms per view",
        )


class Stage:
    """Wall and CPU seconds that the calls of a module's function take."""

    def __init__(self, module: ModuleType, name: str) -> None:
        self.call, self.spent = getattr(module, name), np.zeros(2)
        setattr(module, name, self)

    def __call__(self, *given: object) -> object:
        start = clocks()
        result = self.call(*given)
        self.spent += clocks() - start
        return result


def clocks() -> np.ndarray:
    return np.array([time.perf_counter(), time.process_time()])


def _large(name: str, shape: tuple[int, int, int], answer: multiprocessing.SimpleQueue) -> None:
    grid = Grid.centred(shape, (1.5, 1.5, 1.5))
    scanner = configuration([f"scanner={name}"]).scanner
    x, y = grid.axis(0)[:, None] / 170, grid.axis(1)[None, :] / 120
    volume = np.where((np.hypot(x, y) < 1)[:, :, None], np.float32(40), np.float32(-1000)) + np.zeros(shape, np.float32)
    filtering, backprojecting = Stage(rebin, "filtered_wedge"), Stage(backproject, "backproject")
    marks = [clocks()]
    clean = project(volume, grid.spacing, Acquisition(scanner))
    marks.append(clocks())
    scan(volume, grid.spacing, Acquisition(scanner), {"seed": 0}, clean)
    marks.append(clocks())
    projecting, rest = np.diff(marks, axis=0)
    stages = {
        "forward projection": projecting,
        "noise and logarithm": rest - filtering.spent - backprojecting.spent,
        "rebinning and ramp filter": filtering.spent,
        "backprojection": backprojecting.spent,
    }
    answer.put((stages, clean.shape, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20))


def large(arguments: argparse.Namespace) -> Iterator[Row]:
    context = multiprocessing.get_context("spawn")
    answer = context.SimpleQueue()
    process = context.Process(target=_large, args=("sensation64", (280, 280, 260), answer))
    process.start()
    stages, shape, peak = answer.get()
    process.join()
    yield "sensation64, 280 x 280 x 260 at 1.5 mm: projections", "", f"{shape[0]} x {shape[1]} x {shape[2]}"
    for name, (wall, cpu) in stages.items():
        yield f"the same: {name}", "report", f"{wall:.0f} s ({cpu:.0f} CPU seconds)"
    yield "the same: peak memory", "6 GiB", f"{peak:.2f} GiB"
