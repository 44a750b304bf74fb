"""Trains nnU-Net on a preprocessed training set, in a folder that a killed run can go on from."""

import shutil
from dataclasses import asdict
from pathlib import Path

import torch

from labelct.store import write_json
from labelct.streaming import shared
from labelct.tracking import Tracker
from labelct.trainer.device import processes, runs_on_gpu, torch_threads, worker_count
from labelct.trainer.face import TrainingTask
from labelct.trainer.nnunet import compat
from labelct.trainer.nnunet.instructions import LOG, Instructions
from labelct.trainer.nnunet.log import followed
from labelct.trainer.nnunet.preflight import check_device
from labelct.trainer.nnunet.settings import NnunetSettings
from labelct.trainer.settings import DeviceSettings


def fit(task: TrainingTask[NnunetSettings], data: Path, folder: Path, tracker: Tracker) -> None:
    """Train on the preprocessed set in `data`, or go on from the checkpoint that `folder` holds.

    The folder ends up with `model.json`, `log.csv`, `progress.png` and nnU-Net's own `results`, whose model folder
    `nnUNetv2_predict_from_modelfolder` reads, too. With `device.workers=0` the seed decides the patches as well.
    """
    settings, device, targets = task.settings, task.device, task.targets
    check_device(device, settings)
    write_json(folder / "model.json", {"settings": asdict(settings), "labels": targets.values, "seed": task.seed})
    fold = compat.fold_of(folder, settings.configuration)
    if not (fold / "checkpoint_final.pth").exists():
        roots = compat.roots(folder, data / "preprocessed", worker_count(device), settings.compile)
        with shared(task.volumes, folder) as name, followed(folder / LOG, settings.epochs, tracker):
            told = Instructions(folder, settings, task.seed, targets.is_lateral, name)
            with torch_threads(device), roots, told.given():
                _run(settings, device)
    shutil.copyfile(fold / "progress.png", folder / "progress.png")


def _run(settings: NnunetSettings, device: DeviceSettings) -> None:
    kind = "cuda" if runs_on_gpu(device) else "cpu"
    if kind == "cuda":
        torch.set_num_threads(device.threads or 1)
    compat.run(settings.configuration, kind, processes(device) if device.kind == "ddp" else 1)
