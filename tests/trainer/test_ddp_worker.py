"""Processes that train together train one model, on stored volumes and on drawn ones, and leave nothing behind."""

import json
import os
import subprocess
import sys

import pytest
import torch

from labelct.streaming import FILE
from labelct.tracking import Tracker
from labelct.trainer import ddp_worker
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.unet import fit as train
from tests.trainer.conftest import task

PAIR = DeviceSettings(kind="ddp", devices=2, accelerator="cpu", threads=1)


def test_a_worker_trains_what_the_first_process_describes(training_set, tiny, tmp_path) -> None:
    settings, model = tiny(steps=2, validate_every=2), tmp_path / "model"
    train(task(settings, 5), training_set.folder, model, Tracker())
    first = torch.load(model / "last.ckpt", weights_only=True)["state_dict"]
    (model / "last.ckpt").unlink()
    ddp_worker.main(model)
    again = torch.load(model / "last.ckpt", weights_only=True)["state_dict"]
    assert all(torch.equal(first[name], again[name]) for name in first)


@pytest.mark.slow
def test_two_processes_train_one_model(training_set, tiny, tmp_path) -> None:
    before = dict(os.environ)
    train(task(tiny(steps=4, validate_every=2), device=PAIR), training_set.folder, tmp_path / "model", Tracker())
    assert torch.load(tmp_path / "model/last.ckpt", weights_only=True)["global_step"] == 4
    assert dict(os.environ) == before
    assert not torch.distributed.is_initialized()


@pytest.mark.slow
def test_two_processes_train_one_model_on_new_volumes(volumes, training_set, tiny, tmp_path):
    wanted = task(tiny(steps=4, validate_every=2), device=PAIR, volumes=volumes)
    train(wanted, training_set.folder, tmp_path / "model", Tracker())
    assert torch.load(tmp_path / "model/last.ckpt", weights_only=True)["global_step"] == 4
    assert not (tmp_path / "model" / FILE).exists()


@pytest.mark.slow
def test_a_worker_that_cannot_train_says_so_in_one_line(training_set, tiny, tmp_path):
    model = tmp_path / "model"
    train(task(tiny(steps=1)), training_set.folder, model, Tracker())
    job = json.loads((model / "job.json").read_text())
    job["settings"]["steps"] = 2
    (model / "job.json").write_text(json.dumps(job))
    command = [sys.executable, "-m", "labelct.trainer.ddp_worker", str(model)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LOCAL_RANK": "1"})
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"process 1 of the training: {model}: holds a training with other settings")
