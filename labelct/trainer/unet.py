"""The trainer `unet`: fit a 3-D U-Net to a training set, in a folder that a killed run can go on from."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer
from torch import Tensor
from torch.utils.data import DataLoader

from labelct.dataset import TrainingSet
from labelct.errors import InputError
from labelct.store import write_json
from labelct.streaming import SyntheticVolumes, shared
from labelct.tracking import Tracker
from labelct.trainer.device import companions, interruptible, prepared, processes, rank, runs_on_gpu, trainer_arguments
from labelct.trainer.module import Checkpoints, SegmentationModule
from labelct.trainer.normalisation import Intensity, intensity
from labelct.trainer.online import OnlinePatches
from labelct.trainer.patches import Patches
from labelct.trainer.predictor import Predictor, read_model
from labelct.trainer.progress import Bar, Curves, quiet
from labelct.trainer.settings import DeviceSettings, UNetSettings
from labelct.trainer.volumes import LoadedCase, load_cases

__all__ = ["Predictor", "fit"]


def fit(
    training_set: TrainingSet,
    settings: UNetSettings,
    device: DeviceSettings,
    seed: int,
    folder: Path,
    tracker: Tracker,
    volumes: SyntheticVolumes | None = None,
) -> None:
    """Train, or go on with the training that `folder` holds.

    The folder ends up with `model.json` (settings, labels, grid, normalisation), `best.ckpt`, `last.ckpt` and
    `log.csv`. Patches depend on seed, step and process alone, so on the CPU an interrupted run ends as an
    uninterrupted one does.

    Args:
        training_set: Images and labels.
        settings: The training.
        device: Where it runs.
        seed: Of the weights and the patches.
        folder: What is written, and read to resume.
        tracker: Where the curves go.
        volumes: Patches are cut from these, drawn as the training goes, in place of the set's own training cases.

    Raises:
        InputError: The folder holds a training with other settings; a case cannot be used.
        SettingError: The device is not there; a normalisation without its numbers.
    """
    processes(device)
    folder.mkdir(parents=True, exist_ok=True)
    model = _model(training_set, settings, seed, folder)
    job = {"training_set": str(training_set.folder), "settings": asdict(settings), "device": asdict(device)}
    companion = ["-m", "labelct.trainer.companion", str(folder)]
    with shared(volumes if rank() == 0 else None, folder) as name:
        if rank() == 0:
            write_json(folder / "job.json", {**job, "seed": seed, "volumes": name}, sort_keys=False)
        with quiet(), prepared(device), companions(device, companion):
            _train(training_set, model, settings, device, folder, tracker, volumes)


def _model(training_set: TrainingSet, settings: UNetSettings, seed: int, folder: Path) -> dict[str, Any]:
    """Return what describes the model; that of an interrupted training is kept, and has to be the same one."""
    wanted = {"settings": asdict(settings), "labels": training_set.labels, "seed": seed}
    if (folder / "model.json").exists():
        model = read_model(folder)
        if _of_training(model) != _of_training(wanted):
            raise InputError(folder, "holds a training with other settings", "delete it or choose another folder")
        return {**model, **wanted}
    figures = asdict(intensity(settings.normalisation, training_set))
    model = {**wanted, "spacing": list(settings.spacing or training_set.spacing), "intensity": figures}
    write_json(folder / "model.json", model, sort_keys=False)
    return model


def _of_training(model: dict[str, Any]) -> tuple[Any, ...]:
    settings = {name: value for name, value in model["settings"].items() if name != "prediction"}
    return settings, model["labels"], model["seed"]


def _train(
    training_set: TrainingSet,
    model: dict[str, Any],
    settings: UNetSettings,
    device: DeviceSettings,
    folder: Path,
    tracker: Tracker,
    volumes: SyntheticVolumes | None,
) -> None:
    last = folder / "last.ckpt"
    start = int(torch.load(last, map_location="cpu", weights_only=True)["global_step"]) if last.exists() else 0
    if start >= settings.steps:
        return
    torch.manual_seed(model["seed"])
    callbacks: list[Callback] = [Checkpoints(folder)]
    if rank() == 0:
        callbacks += [Curves(folder / "log.csv", list(model["labels"]), tracker, start), Bar(settings.steps)]
    train, validation = _loaders(training_set, model, settings, device, start, volumes)
    trainer = Trainer(
        **trainer_arguments(device),
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
    training_set: TrainingSet,
    model: dict[str, Any],
    settings: UNetSettings,
    device: DeviceSettings,
    start: int,
    drawn: SyntheticVolumes | None,
) -> tuple[Any, Any]:
    """Return the batches of training patches and the validation volumes of this process."""
    spacing, values = model["spacing"], list(model["labels"].values())
    figures = Intensity(**model["intensity"])
    volumes = load_cases(training_set.val, spacing, values, device.threads, "validation volumes")
    volumes = sorted(volumes, key=lambda case: -len(case.centres))[: settings.validation_cases or None]
    patches: Patches | OnlinePatches
    if drawn is None:
        cases = load_cases(training_set.train, spacing, values, device.threads, "training volumes")
        patches = Patches(cases, settings, figures, spacing, list(model["labels"]), model["seed"], start, rank())
    else:
        place = (rank(), processes(device))
        patches = OnlinePatches(drawn, settings, figures, spacing, model["labels"], model["seed"], start, *place)
    loading: dict[str, Any] = {"batch_size": None, "pin_memory": runs_on_gpu(device)}
    train: Any = DataLoader(patches, num_workers=device.workers, **loading)
    share = volumes[rank() :: processes(device)] if len(volumes) >= processes(device) else volumes
    mine: Any = [_whole(case, figures) for case in share]
    return train, DataLoader(mine, **loading) if volumes else None


def _whole(case: LoadedCase, figures: Intensity) -> tuple[Tensor, Tensor]:
    """Return a validation volume `(1, 1, x, y, z)`, normalised, with its labels."""
    image = torch.from_numpy(figures.normalised(case.hu))
    return image[None, None], torch.from_numpy(case.labels)[None, None]
