"""Trains nnU-Net on a preprocessed training set, in a folder that a killed run can go on from."""

import shutil
from dataclasses import asdict
from pathlib import Path

import torch
from torch.multiprocessing import ProcessExitedException, ProcessRaisedException

from labelct.errors import InputError, LabelctError
from labelct.streaming import shared
from labelct.tracking import Tracker
from labelct.tracking.curves import LOG, replay
from labelct.trainer.device import processes, runs_on_gpu, torch_threads, why_not_compiled, worker_count
from labelct.trainer.face import TrainingTask
from labelct.trainer.nnunet import compat
from labelct.trainer.nnunet.instructions import Instructions
from labelct.trainer.nnunet.log import followed
from labelct.trainer.nnunet.preflight import check_device
from labelct.trainer.nnunet.settings import NnunetSettings
from labelct.trainer.settings import DeviceSettings
from labelct.writing import write_json


def fit(task: TrainingTask[NnunetSettings], data: Path, folder: Path, tracker: Tracker) -> None:
    """Train on the preprocessed set in `data`, or go on from the checkpoint that `folder` holds.

    The folder ends up with `model.json`, `log.csv`, `progress.png` and nnU-Net's own `results`, whose model folder
    `nnUNetv2_predict_from_modelfolder` reads, too. With `device.workers=0` the seed decides the patches as well.
    """
    settings, device, targets = task.settings, task.device, task.targets
    check_device(device, settings)
    write_json(folder / "model.json", {"settings": asdict(settings), "labels": targets.values, "seed": task.seed})
    fold = compat.fold_of(folder, settings.configuration)
    if (fold / "checkpoint_final.pth").exists():  # a run that was killed behind its last epoch
        replay(folder / LOG, tracker)
        (fold / compat.LATEST).unlink(missing_ok=True)  # which nnU-Net takes away next
    else:
        compiled = settings.compile and device.compile != "false" and why_not_compiled() is None
        roots = compat.roots(folder, data / "preprocessed", worker_count(device), compiled)
        followed_log = followed(folder / LOG, settings.epochs, settings.minutes, tracker)
        with shared(task.volumes, folder) as name, followed_log:
            told = Instructions(folder, settings, task.seed, targets.is_lateral, name)
            with torch_threads(device), roots, told.given():
                _run(settings, device)
    shutil.copyfile(fold / "progress.png", folder / "progress.png")


def _run(settings: NnunetSettings, device: DeviceSettings) -> None:
    """Train, and turn a full GPU or a loss that is no number, of this process or of one of several, into one line."""
    kind, count = "cuda" if runs_on_gpu(device) else "cpu", processes(device) if device.kind == "ddp" else 1
    if kind == "cuda":
        torch.set_num_threads(device.threads or 1)
    try:
        with compat.augmenting(device.workers):
            compat.run(settings.configuration, kind, count)
    except ProcessExitedException as error:
        problem = f"a process of the training has ended by {error.signal_name or error.exit_code}"
        raise InputError(f"device={device.kind}", problem, compat.GO_ON) from error
    except (torch.cuda.OutOfMemoryError, ProcessRaisedException) as error:
        if isinstance(error, ProcessRaisedException) and torch.cuda.OutOfMemoryError.__name__ not in str(error):
            if line := _own_line(str(error)):
                raise LabelctError(line) from error
            raise
        remedy = "set trainer.batch or trainer.patch smaller, or free the card: the same command goes on from the last"
        raise InputError(f"device={device.kind}", "the card's memory is full", f"{remedy} checkpoint") from error


def _own_line(told: str) -> str:
    """Return what labelct itself says at the end of another process's traceback; empty where something else failed."""
    name, _, line = told.strip().splitlines()[-1].partition(": ")
    return line if name == f"{InputError.__module__}.{InputError.__name__}" else ""
