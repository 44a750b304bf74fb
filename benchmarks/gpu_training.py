"""Volumes made on a card, and a training on them: seconds a volume, and how busy the training keeps the card."""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gpu_scanner import CORES
from scanner_problem import Row, timed
from synthesis import recipe

from labelct.cohort.open import open_cohort
from labelct.cohort.settings import TotalSegmentatorSettings
from labelct.commands.compose import configuration
from labelct.sampler import Sampler
from labelct.scanner.scan import Acquisition
from labelct.trainer.module import SegmentationModule
from labelct.trainer.unet.family import UNET
from tests.trainer.step_time import steps

EXPERIMENT = "organs_from_masks_gpu"
BUSY = 0.9  # of a step's time, at least


def synthesis(arguments: argparse.Namespace, card: Any) -> Iterator[Row]:
    """Draw, paint and scan volumes of a whole patient, on the card and on the CPU."""
    if arguments.data is None:
        yield "synth3 volume of s0328", "1 s", "--data is not given"
        return
    root = arguments.data / "totalsegmentator"
    cohort = open_cohort(TotalSegmentatorSettings(root=str(root), cases=["s0328"]))
    (subject,) = (*cohort.train, *cohort.val, *cohort.test)
    chosen = configuration(["scanner=compact", "dose=low"])
    made = recipe("synth3", drop=0.5)
    seconds = {}
    for device, backend in (("cuda:0", "cuda"), ("cpu", "numba")):
        sampler = Sampler(made, Acquisition(chosen.scanner, chosen.dose, backend), device)
        case = sampler.load(subject).case

        def work(sampler: Sampler = sampler, case: Any = case) -> None:
            sampler.volume(case, np.random.default_rng(1))
            torch.cuda.synchronize()

        seconds[device] = timed(work, 5 if backend == "cuda" else 1)
    shape = " x ".join(map(str, case.label_map.shape))
    yield f"synth3 volume of s0328 ({shape}) with noise-only scan", "1 s", f"{seconds['cuda:0']:.2f} s"
    yield f"the same against {CORES} cores ({seconds['cpu']:.1f} s)", "", f"{seconds['cpu'] / seconds['cuda:0']:.0f}x"


def training(arguments: argparse.Namespace, card: Any) -> Iterator[Row]:
    """Train the preset for some minutes, and compare its steps with those of the bare network on one batch."""
    if arguments.data is None:
        yield f"{EXPERIMENT}: a step", "", "--data is not given"
        return
    roots = [
        f"cohort.root={arguments.data / 'label_maps' / 'btcv'}",
        f"test.totalsegmentator.root={arguments.data / 'totalsegmentator'}",
    ]
    overrides = [f"experiment={EXPERIMENT}", *roots, "test=totalsegmentator", f"trainer.minutes={arguments.minutes}"]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "labelct.run", *overrides, f"paths.outputs={folder}", "logger=none"]
        began = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            yield f"{EXPERIMENT}", "", f"failed: {done.stderr.strip().splitlines()[-1]}"
            return
        whole = time.perf_counter() - began
        taken = _seconds_a_step(next(Path(folder).glob("stages/training/*/log.csv")))
    alone = _bare(configuration([*overrides, "device=cpu"]).trainer)
    yield f"{EXPERIMENT}: the bare network on a batch that is there", "", f"{1e3 * alone:.0f} ms a step"
    yield "the same on drawn volumes", "within 10 %", f"{1e3 * taken:.0f} ms, {taken / alone - 1:+.0%}"
    yield "card busy", f"{BUSY:.0%}", f"{min(1.0, alone / taken):.0%}"
    yield f"the whole job with {arguments.minutes:g} minutes of training", "", f"{whole / 60:.1f} min"


def _seconds_a_step(log: Path) -> float:
    """Return the median seconds of a step in the second half of a training; validations fall out of a median."""
    with log.open(encoding="utf-8") as file:
        lines = [(int(row["step"]), float(row["seconds"])) for row in csv.DictReader(file) if row["loss"]]
    taken = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(lines[len(lines) // 2 :])]
    return float(np.median(taken))


def _bare(settings: Any) -> float:
    """Return the median seconds of a training step on one batch that lies on the card, as the preset takes it."""
    model = {"settings": asdict(settings), "labels": {f"organ{n}": n for n in range(1, 9)}}
    module = SegmentationModule(UNET, model, compiled=True).to("cuda")
    module.on_fit_start()
    shape = (settings.batch, 1, *settings.patch)
    batch = torch.randn(shape, device="cuda"), torch.randint(0, 9, shape, dtype=torch.uint8, device="cuda")
    return steps(module, batch, 30)
