"""Two processes learn together, and share the pools of both."""

import dataclasses

import pytest
import torch

from labelct.parallel import ParallelSettings
from labelct.tracking import Tracker
from labelct.trainer.settings import DeviceSettings
from labelct.translation.training import GENERATORS, TranslationTask, train


@pytest.mark.slow
def test_two_processes_end_with_one_model(tiny, subjects, tmp_path):
    device = DeviceSettings(kind="ddp", devices=2, accelerator="cpu", threads=1)
    task = TranslationTask(tiny(epochs=1, decay=0), *subjects, device, ParallelSettings(workers=1))
    train(task, tmp_path, Tracker())
    state = torch.load(tmp_path / "last.ckpt", weights_only=True)
    pools = state["pools"]["ct"]
    assert pools.shape == (2, 2, 1, 32, 32)
    assert not torch.equal(*pools)  # each saw slices of its own

    alone = dataclasses.replace(task, device=DeviceSettings(threads=1))
    train(alone, tmp_path / "alone", Tracker())
    assert (
        torch.equal(torch.load(tmp_path / "alone" / "last.ckpt", weights_only=True)["pools"]["ct"][0], pools[0])
        is False
    )
    assert (tmp_path / GENERATORS).exists()
