"""A training that was killed goes on where it was, and ends as one that was not."""

import csv
import json

import numpy as np
import pytest
import torch
from torch.multiprocessing import ProcessExitedException, ProcessRaisedException

from labelct.errors import InputError, LabelctError
from labelct.trainer.nnunet import training
from labelct.trainer.nnunet.settings import NnunetSettings
from labelct.trainer.settings import DeviceSettings
from tests.trainer.nnunet.conftest import SMALL, train

pytestmark = pytest.mark.ci


def weights(folder):
    path = next(folder.rglob("checkpoint_final.pth"))
    return torch.load(path, map_location="cpu", weights_only=False)["network_weights"]


@pytest.mark.slow
def test_a_killed_training_goes_on_at_the_stored_epoch_and_ends_the_same(
    configured, arms, trained, tmp_path, monkeypatch
):
    from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

    epoch_end, begun = nnUNetTrainer.on_epoch_end, []

    def killed(trainer):
        epoch_end(trainer)
        if trainer.current_epoch == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(nnUNetTrainer, "on_epoch_end", killed)
    with pytest.raises(KeyboardInterrupt):
        train(configured(*SMALL), arms("synth3")[2], tmp_path)
    epoch_start = nnUNetTrainer.on_epoch_start
    monkeypatch.setattr(nnUNetTrainer, "on_epoch_end", epoch_end)
    monkeypatch.setattr(nnUNetTrainer, "on_epoch_start", lambda t: begun.append(t.current_epoch) or epoch_start(t))
    train(configured(*SMALL), arms("synth3")[2], tmp_path)
    assert begun == [1]
    lines = (tmp_path / "log.csv").read_text(encoding="utf-8").splitlines()
    assert [row["epoch"] for row in csv.DictReader(lines)] == ["1", "2"]
    whole, resumed = weights(trained), weights(tmp_path)
    assert all(np.allclose(whole[name], resumed[name], atol=1e-4) for name in whole)
    assert not list(tmp_path.rglob("*.partial"))


@pytest.mark.slow
def test_a_finished_training_is_left_alone_and_its_files_are_where_users_look(configured, arms, trained):
    written = {path: path.stat().st_mtime_ns for path in trained.rglob("*.pth")}
    curves = (trained / "curves.csv").read_text(encoding="utf-8").splitlines()[1:]
    (trained / "curves.csv").unlink()
    train(configured(*SMALL), arms("synth3")[2], trained)
    told = [line.split(",") for line in (trained / "curves.csv").read_text(encoding="utf-8").splitlines()[1:]]
    assert [line.split(",")[:3] for line in curves] == [line[:3] for line in told], "later jobs have them all"
    assert written == {path: path.stat().st_mtime_ns for path in trained.rglob("*.pth")}
    assert {"model.json", "log.csv", "progress.png", "job.json", "nnunet.log"} <= {p.name for p in trained.iterdir()}
    model = json.loads((trained / "model.json").read_text())
    assert (model["labels"], model["settings"]["kind"]) == ({"liver": 1}, "nnunet")


@pytest.mark.parametrize(
    "error",
    [
        torch.cuda.OutOfMemoryError("CUDA out of memory"),
        ProcessRaisedException("-- Process 1: torch.OutOfMemoryError: CUDA out of memory", 1, 4711),
    ],
)
def test_a_full_card_is_one_line(monkeypatch, error):
    def full(*_):
        raise error

    monkeypatch.setattr(training.compat, "run", full)
    with pytest.raises(InputError, match=r"^device=cpu: the card's memory is full; set trainer\.batch or"):
        training._run(NnunetSettings(), DeviceSettings())


def test_a_loss_that_is_no_number_in_one_of_several_processes_is_one_line(monkeypatch):
    line = "results: the loss is nan in epoch 3: the training has diverged; set trainer.learning_rate lower"

    def fails(*_):
        raise ProcessRaisedException(f"-- Process 1:\nTraceback: x\nlabelct.errors.InputError: {line}\n", 1, 4711)

    monkeypatch.setattr(training.compat, "run", fails)
    with pytest.raises(LabelctError) as error:
        training._run(NnunetSettings(), DeviceSettings())
    assert str(error.value) == line


def test_another_failure_of_a_process_stays_what_it_is(monkeypatch):
    def fails(*_):
        raise ProcessRaisedException("-- Process 1: ValueError", 1, 4711)

    monkeypatch.setattr(training.compat, "run", fails)
    with pytest.raises(ProcessRaisedException):
        training._run(NnunetSettings(), DeviceSettings())


def test_one_of_several_processes_that_is_killed_is_one_line(monkeypatch):
    def ended(*_):
        raise ProcessExitedException("process 1 terminated", 1, 4711, -9, "SIGKILL")

    monkeypatch.setattr(training.compat, "run", ended)
    with pytest.raises(InputError, match=r"^device=cpu: a process of the training has ended by SIGKILL; where memory"):
        training._run(NnunetSettings(), DeviceSettings())
