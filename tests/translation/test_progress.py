"""What is wrong with a training is said in one line."""

import math

import pytest
import torch

from labelct.errors import InputError
from labelct.tracking import Tracker
from labelct.trainer.clock import TrainingClock
from labelct.trainer.progress import Fetched
from labelct.translation.progress import SETTLED, CycleCurves, warn_of_collapse

GREY, PICTURES = torch.zeros(4, 1, 8, 8), torch.rand(4, 1, 8, 8)


def test_a_collapse_is_warned_of(caplog):
    warn_of_collapse({"made_ct": GREY, "made_mr": PICTURES}, SETTLED)
    (line,) = caplog.messages
    assert line.startswith(f"step {SETTLED}: the translated CT are all the same, the generator has collapsed; try")


@pytest.mark.parametrize(("images", "step"), [(PICTURES, SETTLED), (GREY, SETTLED - 1)])
def test_nothing_is_said_of_one_that_learns_or_has_only_begun(images, step, caplog):
    warn_of_collapse({"made_ct": images, "made_mr": images}, step)
    assert caplog.messages == []


def test_a_loss_that_is_no_number_ends_the_training(tmp_path):
    curves = CycleCurves(tmp_path / "log.csv", Tracker(), TrainingClock(None), 0, 20)
    curves._coming = [(7, ("cycle_mr", "cycle_ct"), Fetched(torch.tensor([1.0, math.nan])))]
    said = r"^.*: the loss cycle_ct is nan at step 7: the training has diverged; set translation\.learning_rate lower"
    with pytest.raises(InputError, match=said) as error:
        curves._write(None, None)
    assert error.value.path == tmp_path
