"""Speed of the translation's training: seconds a step under Lightning, against the same networks in a plain loop.

    python benchmarks/translation.py [--preset small|cyclegan] [--steps 30] [--device cpu|gpu] [--batch 1]

Both run the same steps on random slices, in turn, three times; the best of each is shown. The plain loop is what one
would write without this package: no crops drawn on the fly, no pool, no log, no bar. The checkpoint and the picture at
the end of an epoch are in neither.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from labelct.commands import compose
from labelct.config import typed
from labelct.tracking import Tracker
from labelct.trainer.device import precision, torch_device, torch_threads
from labelct.trainer.progress import quiet
from labelct.trainer.settings import DeviceSettings
from labelct.translation.losses import adversarial_loss, cycle_loss, judge_loss
from labelct.translation.networks import Cycle
from labelct.translation.settings import TranslationSettings
from labelct.translation.training import SLICES, fit

ROUNDS, SLICE_COUNT = 3, 64
TYPES = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}


def preset(name: str, steps: int) -> TranslationSettings:
    """Return a shipped preset that ends after so many steps."""
    wanted = ["data=cyclegan", f"translation={name}", "cohort=pelvis_mr", "scanner=none", "targets=[prostate]"]
    (job,) = compose.composed_jobs(wanted, multirun=False)
    length = {"minutes": None, "epochs": 1, "decay": 0, "iterations": steps, "save_every": 2}
    return replace(typed(job.node).translation, mr=None, ct=None, **length)


def framework(settings: TranslationSettings, device: DeviceSettings, slices: np.ndarray) -> float:
    """Return seconds a step of the package's own training, with its crops, pools, log and bar."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / SLICES).mkdir()
        for side in ("mr", "ct"):
            np.save(folder / SLICES / f"{side}.npy", slices)
        with quiet(), torch_threads(device):
            fit(settings, device, folder, Tracker())
        last = (folder / "log.csv").read_text().splitlines()[-1].split(",")
        return float(last[-1]) / int(last[0])


def plain(settings: TranslationSettings, device: DeviceSettings, slices: np.ndarray) -> float:
    """Return seconds a step of the plain loop."""
    place, low = torch_device(device), TYPES.get(precision(device))
    form = torch.channels_last if place != "cpu" else torch.contiguous_format
    with torch_threads(device):
        cycle = Cycle(settings).to(place, memory_format=form)
        rates = settings.learning_rate, (settings.beta1, 0.999)
        makers, judges = (torch.optim.Adam(part.parameters(), *rates) for part in (cycle.generators, cycle.judges))
        loss = cycle_loss(settings)
        images = torch.from_numpy(slices).to(place).float()[:, None, : settings.size, : settings.size]

        def step(mr: Tensor, ct: Tensor) -> None:
            with torch.autocast(place.partition(":")[0], low, enabled=low is not None):
                cycle.judges.requires_grad_(False)
                made_ct, made_mr = cycle.to_ct(mr), cycle.to_mr(ct)
                fooled = adversarial_loss(cycle.judge_ct(made_ct)) + adversarial_loss(cycle.judge_mr(made_mr))
                again = loss(cycle.to_mr(made_ct), mr) + loss(cycle.to_ct(made_mr), ct)
            makers.zero_grad()
            (fooled + settings.cycle_weight * again).backward()
            makers.step()
            cycle.judges.requires_grad_(True)
            with torch.autocast(place.partition(":")[0], low, enabled=low is not None):
                caught = judge_loss(cycle.judge_ct(ct), cycle.judge_ct(made_ct.detach()))
                caught = caught + judge_loss(cycle.judge_mr(mr), cycle.judge_mr(made_mr.detach()))
            judges.zero_grad()
            caught.backward()
            judges.step()

        assert settings.iterations is not None
        begin = time.monotonic()
        for number in range(settings.iterations):
            first = number * settings.batch % (len(images) - settings.batch)
            batch = images[first : first + settings.batch].contiguous(memory_format=form)
            step(batch, batch.flip(0))
        if place != "cpu":
            torch.cuda.synchronize()
        return (time.monotonic() - begin) / settings.iterations


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=("small", "cyclegan"), default="small")
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--device", choices=("cpu", "gpu"), default="cpu")
    parser.add_argument("--batch", type=int, default=1)
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    settings = preset(given.preset, given.steps)
    settings.batch = given.batch
    device = DeviceSettings(kind=given.device)
    side = max(settings.load, settings.size)
    slices = np.random.default_rng(0).uniform(-1, 1, (SLICE_COUNT, side, side)).astype(np.float16)
    plain(preset(given.preset, 2), device, slices)  # what is compiled or chosen once
    best = {"plain loop": np.inf, "labelct": np.inf}
    for _ in range(ROUNDS):
        best["plain loop"] = min(best["plain loop"], plain(settings, device, slices))
        best["labelct"] = min(best["labelct"], framework(settings, device, slices))
    print(f"{given.preset}, {settings.size} px, batch {settings.batch}, {given.steps} steps, {precision(device)}")
    print(f"{'':12} {'s a step':>9} {'images/s':>9} {'overhead':>9}")
    for name, seconds in best.items():
        images = 2 * settings.batch / seconds
        print(f"{name:12} {seconds:9.3f} {images:9.2f} {100 * (seconds / best['plain loop'] - 1):8.1f}%")


if __name__ == "__main__":
    main()
