"""A checkpoint says how far a training is; one of something else is named with what to do, before or as it is read."""

import errno
from types import SimpleNamespace

import pytest
import torch

from labelct.errors import InputError
from labelct.trainer.clock import TrainingClock
from labelct.trainer.resuming import keep, resumed, steps_done


@pytest.mark.parametrize("first", [True, False])
def test_a_checkpoint_is_kept_whole_or_not_at_all(tmp_path, first):
    def save_checkpoint(path):
        if first:  # Lightning's own method writes in the first process alone
            path.write_text("new")
        assert (tmp_path / "last.ckpt").read_text() == "old"

    (tmp_path / "last.ckpt").write_text("old")
    keep(SimpleNamespace(save_checkpoint=save_checkpoint, is_global_zero=first), tmp_path / "last.ckpt")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"last.ckpt": "new" if first else "old"}


def test_a_disk_that_is_full_keeps_the_checkpoint_of_before_and_no_half_of_the_next(tmp_path):
    def save_checkpoint(path):
        path.write_text("ne")
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "last.ckpt").write_text("old")
    with pytest.raises(OSError, match="No space"):
        keep(SimpleNamespace(save_checkpoint=save_checkpoint, is_global_zero=True), tmp_path / "last.ckpt")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"last.ckpt": "old"}


def test_steps_and_time_are_those_of_the_checkpoint(tmp_path):
    clock, last = TrainingClock(2.0), tmp_path / "last.ckpt"
    assert steps_done(last, clock, "training") == 0
    torch.save({"global_step": 40, "callbacks": {clock.state_key: {"seconds": 90.0}}}, last)
    assert steps_done(last, clock, "training") == 40
    assert clock.seconds == 90.0


@pytest.mark.parametrize("state", [{}, {"callbacks": {}}, {"global_step": "x", "callbacks": 3}])
def test_a_checkpoint_of_something_else_is_one_line(tmp_path, state):
    last = tmp_path / "last.ckpt"
    torch.save(state, last)
    with pytest.raises(InputError, match=r"is no checkpoint that this translation can go on from") as told:
        steps_done(last, TrainingClock(None), "translation")
    assert str(told.value).endswith(f"delete {tmp_path} to train anew")


def test_what_goes_wrong_after_the_checkpoint_was_read_is_not_its_fault(tmp_path, monkeypatch):
    clock, last = TrainingClock(None), tmp_path / "last.ckpt"
    last.touch()
    with pytest.raises(InputError, match="this training"), resumed(last, clock, "training"):
        raise KeyError("state_dict")
    with pytest.raises(torch.OutOfMemoryError), resumed(last, clock, "training"):
        raise torch.OutOfMemoryError
    monkeypatch.setattr(TrainingClock, "has_begun", True)
    with pytest.raises(KeyError), resumed(last, clock, "training"):
        raise KeyError("state_dict")
