"""Fits a U-Net to a training set, in a folder that a killed run can go on from."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer
from torch import Tensor
from torch.utils.data import DataLoader

from labelct.dataset import TrainingSet
from labelct.errors import InputError
from labelct.store import write_json
from labelct.streaming import shared
from labelct.tracking import Tracker
from labelct.trainer.device import (
    interruptible,
    launch_workers,
    processes,
    rank,
    runs_on_gpu,
    torch_threads,
    trainer_arguments,
)
from labelct.trainer.face import TrainingTask
from labelct.trainer.normalisation import IntensityProperties, intensity
from labelct.trainer.progress import Curves, StepBar, quiet
from labelct.trainer.table import read_model
from labelct.trainer.unet.drawn import OnlinePatches
from labelct.trainer.unet.module import Checkpoints, SegmentationModule
from labelct.trainer.unet.patches import Patches
from labelct.trainer.unet.settings import UNetSettings
from labelct.trainer.unet.volumes import LoadedCase, load_cases


def train(task: TrainingTask[UNetSettings], data: Path, folder: Path, tracker: Tracker) -> None:
    """Train, or go on with the training that `folder` holds.

    The folder ends up with `model.json` (settings, labels, grid, normalisation), `best.ckpt`, `last.ckpt` and
    `log.csv`. Patches depend on seed, step and process alone, so on the CPU an interrupted run ends as an
    uninterrupted one does.

    Raises:
        InputError: The folder holds a training with other settings; a case cannot be used.
        SettingError: The device is not there; a normalisation without its numbers.
    """
    processes(task.device)
    folder.mkdir(parents=True, exist_ok=True)
    training_set = TrainingSet(data)
    model = _model(task, training_set, folder)
    worker = ["-m", "labelct.trainer.unet.ddp_worker", str(folder)]
    with shared(task.volumes if rank() == 0 else None, folder) as name:
        if rank() == 0:
            write_json(folder / "job.json", _job(task, data, name), sort_keys=False)
        with quiet(), torch_threads(task.device), launch_workers(task.device, worker):
            _fit(task, training_set, model, folder, tracker)


def _job(task: TrainingTask[UNetSettings], data: Path, volumes: str | None) -> dict[str, Any]:
    """Return what the other processes of the training read."""
    parts = {name: list(merged) for name, merged in task.targets.parts.items()}
    job = {"training_set": str(data), "settings": asdict(task.settings), "device": asdict(task.device)}
    return {**job, "targets": parts, "seed": task.seed, "volumes": volumes}


def _model(task: TrainingTask[UNetSettings], training_set: TrainingSet, folder: Path) -> dict[str, Any]:
    """Return what describes the model; that of an interrupted training is kept, and has to be the same one."""
    settings = task.settings
    wanted = {"settings": asdict(settings), "labels": training_set.labels, "seed": task.seed}
    if (folder / "model.json").exists():
        model = read_model(folder)
        if _of_training(model) != _of_training(wanted):
            raise InputError(folder, "holds a training with other settings", "delete it or choose another folder")
        return {**model, **wanted}
    intensity_properties = asdict(intensity(settings.normalisation, training_set))
    model = {**wanted, "spacing": list(settings.spacing or training_set.spacing), "intensity": intensity_properties}
    write_json(folder / "model.json", model, sort_keys=False)
    return model


def _of_training(model: dict[str, Any]) -> tuple[Any, ...]:
    settings = {name: value for name, value in model["settings"].items() if name != "prediction"}
    return settings, model["labels"], model["seed"]


def _fit(
    task: TrainingTask[UNetSettings], training_set: TrainingSet, model: dict[str, Any], folder: Path, tracker: Tracker
) -> None:
    last, settings = folder / "last.ckpt", task.settings
    start = int(torch.load(last, map_location="cpu", weights_only=True)["global_step"]) if last.exists() else 0
    if start >= settings.steps:
        return
    torch.manual_seed(model["seed"])
    callbacks: list[Callback] = [Checkpoints(folder)]
    if rank() == 0:
        callbacks += [Curves(folder / "log.csv", list(model["labels"]), tracker, start), StepBar(settings.steps)]
    train, validation = _loaders(task, training_set, model, start)
    trainer = Trainer(
        **trainer_arguments(task.device),
        max_steps=settings.steps,
        max_epochs=-1,
        val_check_interval=settings.validate_every,
        check_val_every_n_epoch=None,
        num_sanity_val_steps=0,
        gradient_clip_val=settings.clip_gradient or None,
        use_distributed_sampler=False,
        callbacks=callbacks,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=folder,
    )
    with interruptible(trainer):
        trainer.fit(SegmentationModule(model), train, validation, ckpt_path=last if start else None, weights_only=True)


def _loaders(
    task: TrainingTask[UNetSettings], training_set: TrainingSet, model: dict[str, Any], start: int
) -> tuple[Any, Any]:
    """Return the batches of training patches and the validation volumes of this process."""
    device, values = task.device, list(model["labels"].values())
    intensity_properties = IntensityProperties(**model["intensity"])
    load = partial(load_cases, spacing=model["spacing"], values=values, threads=device.threads)
    volumes = load(training_set.val, description="validation volumes")
    volumes = sorted(volumes, key=lambda case: -len(case.centres))[: task.settings.validation_cases or None]
    share = volumes[rank() :: processes(device)] if len(volumes) >= processes(device) else volumes
    cases = load(training_set.train, description="training volumes") if task.volumes is None else []
    stored = Patches(
        cases, task.settings, intensity_properties, model["spacing"], model["labels"], model["seed"], start, rank()
    )
    patches = stored if task.volumes is None else OnlinePatches(task.volumes, stored, processes(device))
    loading: dict[str, Any] = {"batch_size": None, "pin_memory": runs_on_gpu(device)}
    train: Any = DataLoader(patches, num_workers=device.workers, **loading)
    whole: Any = [_whole(case, intensity_properties) for case in share]
    return train, DataLoader(whole, **loading) if volumes else None


def _whole(case: LoadedCase, intensity_properties: IntensityProperties) -> tuple[Tensor, Tensor]:
    """Return a validation volume `(1, 1, x, y, z)`, normalised, with its labels."""
    image = torch.from_numpy(intensity_properties.normalised(case.hu))
    return image[None, None], torch.from_numpy(case.labels)[None, None]
