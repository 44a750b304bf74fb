"""Fits a network to a training set, in a folder that a killed run can go on from."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TypeVar

import torch
from lightning.pytorch import Callback, Trainer
from torch._dynamo.exc import TorchDynamoException

from labelct.accelerator import GIB
from labelct.dataset import TrainingSet
from labelct.errors import InputError, SettingError, first_line
from labelct.streaming import shared
from labelct.targets import Targets
from labelct.tracking import Tracker
from labelct.tracking.curves import LOG, replay
from labelct.trainer.batches import batches, validation
from labelct.trainer.clock import TrainingClock
from labelct.trainer.device import (
    BARE,
    compiles,
    interruptible,
    launch_workers,
    processes,
    rank,
    torch_threads,
    trainer_arguments,
)
from labelct.trainer.face import TrainingTask
from labelct.trainer.family import Family
from labelct.trainer.memory import pays
from labelct.trainer.model import OTHER_SETTINGS, read_model
from labelct.trainer.module import Checkpoints, SegmentationModule
from labelct.trainer.normalisation import intensity
from labelct.trainer.progress import Curves, StepBar, quiet
from labelct.trainer.resuming import resumed, steps_done
from labelct.trainer.settings import LoopSettings
from labelct.writing import copy, write_json

Loop = TypeVar("Loop", bound=LoopSettings)


def train(family: Family[Any], task: TrainingTask[Any], data: Path, folder: Path, tracker: Tracker) -> None:
    """Train, or go on with the training that `folder` holds.

    The folder ends up with `model.json` (settings, labels, grid, normalisation), `best.ckpt`, `last.ckpt` and
    `log.csv`. Patches depend on seed, step and process alone, so on the CPU an interrupted run ends as an
    uninterrupted one does.

    Raises:
        InputError: The folder holds a training with other settings; a case cannot be used.
        SettingError: The device is not there; a normalisation without its numbers.
    """
    count, training_set = processes(task.device), TrainingSet(data)
    settings = family.resolved(with_sides(task.settings, task.targets), training_set, count)
    task = replace(task, settings=settings)
    folder.mkdir(parents=True, exist_ok=True)
    model = _model(task, training_set, folder)
    worker = ["-m", "labelct.trainer.ddp_worker", str(folder)]
    with shared(task.volumes if rank() == 0 else None, folder) as name:
        if rank() == 0:
            write_json(folder / "job.json", _job(task, data, name), sort_keys=False)
        with quiet(), torch_threads(task.device), launch_workers(task.device, worker):
            _fit(family, task, training_set, model, folder, tracker)


def with_sides(settings: Loop, targets: Targets) -> Loop:
    """Return the settings that say outright whether a target has a side: a prediction does not know the parts."""
    if settings.augmentation.sides != "auto":
        return settings
    known = "apart" if targets.is_lateral else "alike"
    return replace(settings, augmentation=replace(settings.augmentation, sides=known))


def _job(task: TrainingTask[Any], data: Path, volumes: str | None) -> dict[str, Any]:
    """Return what the other processes of the training read."""
    parts = {name: list(merged) for name, merged in task.targets.parts.items()}
    job = {"training_set": str(data), "settings": task.settings.plain(), "device": asdict(task.device)}
    job |= {"region": None if task.region is None else asdict(task.region)}
    return {**job, "targets": parts, "seed": task.seed, "volumes": volumes}


def _model(task: TrainingTask[Any], training_set: TrainingSet, folder: Path) -> dict[str, Any]:
    """Return what describes the model; that of an interrupted training is kept, and has to be the same one."""
    settings = task.settings
    wanted = {"settings": settings.plain(), "labels": training_set.labels, "seed": task.seed}
    wanted |= {} if training_set.ignore is None else {"ignore": training_set.ignore}
    if (folder / "model.json").exists():
        model = read_model(folder)
        if _of_training(model) != _of_training(wanted):
            raise InputError(folder, *OTHER_SETTINGS)
        return {**model, **wanted}
    properties = intensity(settings.normalisation, training_set)
    known = None if properties is None else asdict(properties)
    model = {**wanted, "spacing": list(settings.spacing or training_set.spacing), "intensity": known}
    write_json(folder / "model.json", model, sort_keys=False)
    return model


def _of_training(model: dict[str, Any]) -> tuple[Any, ...]:
    settings = {name: value for name, value in model["settings"].items() if name != "prediction"}
    return settings, model["labels"], model["seed"]


def _fit(
    family: Family[Any],
    task: TrainingTask[Any],
    training_set: TrainingSet,
    model: dict[str, Any],
    folder: Path,
    tracker: Tracker,
) -> None:
    last, settings, clock = folder / "last.ckpt", task.settings, TrainingClock(task.settings.minutes)
    start = steps_done(last, clock, "training")
    if start >= settings.steps or clock.is_over:
        _leave_as_it_is(folder, tracker)
        return
    torch.manual_seed(model["seed"])
    scored = None if task.region is None else list(task.region.targets)
    told: list[Callback] = []
    if rank() == 0:  # the row of a validation is written before the checkpoint that says that it is over
        curves = Curves(folder / LOG, scored or list(model["labels"]), tracker, start)
        told = [curves, StepBar(settings.steps, clock, "fine pass" if scored else "training")]
    volumes = validation(task, training_set, model)
    module = SegmentationModule(family, model, clock, compiles(task.device, pays(settings)), scored)
    trainer = _trainer(task, folder, [clock, *told, Checkpoints(folder)])
    sampled = batches(family, task, training_set, model, start)
    with (
        interruptible(trainer),
        _failures_in_a_line(task, trainer, last),
        resumed(last, clock, "training"),
        sampled as patches,
    ):
        trainer.fit(module, patches, volumes, ckpt_path=last if start else None, weights_only=True)


def _leave_as_it_is(folder: Path, tracker: Tracker) -> None:
    """Tell the curves of a training that is over, and choose a checkpoint where it was killed before it had."""
    replay(folder / LOG, tracker)
    if rank() == 0 and not (folder / "best.ckpt").exists():  # a run without any Dice that was killed at its end
        copy(folder / "last.ckpt", folder / "best.ckpt")


def _trainer(task: TrainingTask[Any], folder: Path, callbacks: list[Callback]) -> Trainer:
    settings = task.settings
    return Trainer(
        **trainer_arguments(task.device),
        **BARE,
        max_steps=settings.steps,
        val_check_interval=settings.validate_every,
        check_val_every_n_epoch=None,
        num_sanity_val_steps=0,
        gradient_clip_val=settings.clip_gradient or None,
        callbacks=callbacks,
        default_root_dir=folder,
    )


@contextmanager
def _failures_in_a_line(task: TrainingTask[Any], trainer: Trainer, last: Path) -> Iterator[None]:
    """Turn a full GPU, or a network that torch cannot compile, into one line."""
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        held = torch.cuda.memory_allocated() / GIB if torch.cuda.is_initialized() else 0.0
        problem = f"the card's memory is full at step {trainer.global_step} ({held:.1f} GiB of it hold this training)"
        resume = f"the same command goes on from {last}" if last.exists() else "nothing was saved yet"
        remedy = f"set trainer.batch or trainer.{task.settings.step.key} smaller, or free the card: {resume}"
        raise InputError(f"device={task.device.kind}", problem, remedy) from error
    except TorchDynamoException as error:
        reason = f"torch cannot compile the network: {first_line(error)}"
        raise SettingError("device.compile", task.device.compile, "false", reason) from error
