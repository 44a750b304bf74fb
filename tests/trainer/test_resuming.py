"""A checkpoint says how far a training is; one of something else is named with what to do, before or as it is read."""

import pytest
import torch

from labelct.errors import InputError
from labelct.trainer.clock import TrainingClock
from labelct.trainer.resuming import resumed, steps_done


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
