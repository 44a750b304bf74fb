"""Lets the cycle learn from two cohorts, in a folder that a killed run can go on from."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, Trainer
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from labelct.accelerator import within_memory
from labelct.cohort.base import Subject
from labelct.errors import InputError
from labelct.parallel import ParallelSettings
from labelct.texts import read_json
from labelct.tracking import Tracker
from labelct.tracking.curves import LOG, replay
from labelct.trainer.clock import TrainingClock
from labelct.trainer.device import (
    BARE,
    interruptible,
    launch_workers,
    processes,
    rank,
    torch_device,
    torch_threads,
    trainer_arguments,
)
from labelct.trainer.export.weights import save
from labelct.trainer.model import OTHER_SETTINGS, read_checkpoint
from labelct.trainer.progress import quiet
from labelct.trainer.resuming import resumed, steps_done
from labelct.trainer.settings import DeviceSettings
from labelct.translation.batches import Place, SliceBatches
from labelct.translation.module import OPTIMISERS, TranslationModule
from labelct.translation.progress import GROUP, RESUMED, CycleCurves, Keeper
from labelct.translation.samples import Samples
from labelct.translation.settings import TranslationSettings
from labelct.translation.slices import slices_of
from labelct.writing import write_json, written

MODEL, GENERATORS, JOB, SLICES = "model.json", "generators.pt", "job.json", "slices"
FULL = "translation", 0.0, "set translation.batch, translation.size or translation.filters smaller, or free the card"
# What of the settings does not change what is learnt, or is said by other means.
ELSEWHERE = frozenset({"mr", "ct", "prediction", "save_every"})


@dataclass(frozen=True)
class TranslationTask:
    """What shall be learnt, from what.

    Attributes:
        settings: Of the translation.
        mr: Subjects whose MR is learnt from.
        ct: Subjects whose CT is learnt from, others than those.
        device: Where the networks run.
        parallel: Workers that read the cohorts.
    """

    settings: TranslationSettings
    mr: Sequence[Subject]
    ct: Sequence[Subject]
    device: DeviceSettings
    parallel: ParallelSettings = field(default_factory=ParallelSettings)


def of_training(settings: TranslationSettings) -> dict[str, Any]:
    """Return the settings that change what is learnt, as plain values."""
    return {name: value for name, value in asdict(settings).items() if name not in ELSEWHERE}


def train(task: TranslationTask, folder: Path, tracker: Tracker) -> None:
    """Train, or go on with the training that `folder` holds.

    The folder ends up with `model.json`, `generators.pt` (the weights of both directions), `last.ckpt`, `log.csv` and
    `samples/`. What a step sees depends on seed, step and process alone, and the pools lie in the checkpoint, so on the
    CPU an interrupted run ends as an uninterrupted one does.

    Args:
        task: What is learnt.
        folder: What is written, and read to resume.
        tracker: Where curves and pictures go.

    Raises:
        InputError: The folder holds a training with other settings; a volume cannot be used; the training diverged.
    """
    processes(task.device)
    folder.mkdir(parents=True, exist_ok=True)
    _check_model(task.settings, folder)
    if (folder / GENERATORS).exists():
        return
    mr = _stored(folder / SLICES / "mr.npy", lambda: slices_of("mr", task.mr, task.settings, task.parallel))
    ct = _stored(folder / SLICES / "ct.npy", lambda: slices_of("ct", task.ct, task.settings, task.parallel))
    model = {"settings": of_training(task.settings), "slices": {"mr": len(mr), "ct": len(ct)}, "direction": "mr to ct"}
    write_json(folder / MODEL, model, sort_keys=False)
    job = {"settings": asdict(replace(task.settings, mr=None, ct=None)), "device": asdict(task.device)}
    write_json(folder / JOB, job, sort_keys=False)
    worker = ["-m", "labelct.translation.ddp_worker", str(folder)]
    with quiet(), torch_threads(task.device), launch_workers(task.device, worker):
        fit(task.settings, task.device, folder, tracker)
    _write_generators(folder)
    shutil.rmtree(folder / SLICES)


def fit(settings: TranslationSettings, device: DeviceSettings, folder: Path, tracker: Tracker) -> None:
    """Take part in a training whose slices lie in `folder`; every process of it calls this.

    Args:
        settings: What is learnt, and how.
        device: Where.
        folder: Of the training.
        tracker: Where curves and pictures go; only the first process has any.
    """
    mr, ct = (np.load(folder / SLICES / f"{name}.npy", mmap_mode="r") for name in ("mr", "ct"))
    slices = settings.batch * processes(device)
    per_epoch = settings.iterations or -(-max(len(mr), len(ct)) // slices)
    clock = TrainingClock(settings.minutes)
    start = steps_done(folder / RESUMED, clock, "translation") // OPTIMISERS
    if start >= per_epoch * settings.epochs or clock.is_over:
        replay(folder / LOG, tracker, GROUP)
        return
    torch.manual_seed(settings.seed)
    module = TranslationModule(settings, per_epoch, clock)
    first = rank() == 0
    callbacks: list[Callback] = [clock]
    if first:  # a row is written before the checkpoint that says that its steps are over
        callbacks.append(CycleCurves(folder / LOG, tracker, clock, start, module.total))
    callbacks.append(Keeper(folder, Samples(mr, ct) if first else None, tracker))
    trainer = Trainer(
        **trainer_arguments(device, unused=True),
        **BARE,
        max_steps=OPTIMISERS * module.total,
        callbacks=callbacks,
        default_root_dir=folder,
    )
    with interruptible(trainer), resumed(folder / RESUMED, clock, "translation"), within_memory(*FULL):
        batches = SliceBatches(mr, ct, settings, Place(torch_device(device), rank()), start)
        loader = DataLoader(batches, batch_size=None)
        trainer.fit(module, loader, ckpt_path=folder / RESUMED if start else None, weights_only=True)


def _stored(path: Path, make: Callable[[], NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return the slices of a file, which is made first where it is not there."""
    if not path.exists():
        slices = make()
        with written(path) as file:
            np.save(file, slices)
    stored: NDArray[np.float32] = np.load(path, mmap_mode="r")
    return stored


def _check_model(settings: TranslationSettings, folder: Path) -> None:
    """Raise where a folder holds a training with other settings."""
    if not (folder / MODEL).exists():
        return
    if read_json(folder / MODEL, OTHER_SETTINGS[1]).get("settings") != of_training(settings):
        raise InputError(folder, *OTHER_SETTINGS)


def _write_generators(folder: Path) -> None:
    """Write the weights of both directions, by what they make."""
    weights = read_checkpoint(folder / RESUMED)["state_dict"]
    found = {}
    for side in ("ct", "mr"):
        front = f"cycle.to_{side}."
        found[side] = {name.removeprefix(front): part for name, part in weights.items() if name.startswith(front)}
    save(folder / GENERATORS, found)
