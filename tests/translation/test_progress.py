"""What is wrong with a training is said in one line."""

import math
from pathlib import Path

import pytest
import torch

from labelct.errors import InputError
from labelct.translation.progress import SETTLED, check_finite, warn_of_collapse

GREY, PICTURES = torch.zeros(4, 1, 8, 8), torch.rand(4, 1, 8, 8)


def test_a_collapse_is_warned_of(caplog):
    warn_of_collapse({"made_ct": GREY, "made_mr": PICTURES}, SETTLED)
    (line,) = caplog.messages
    assert line.startswith(f"step {SETTLED}: the translated CT are all the same, the generator has collapsed; try")


@pytest.mark.parametrize(("images", "step"), [(PICTURES, SETTLED), (GREY, SETTLED - 1)])
def test_nothing_is_said_of_one_that_learns_or_has_only_begun(images, step, caplog):
    warn_of_collapse({"made_ct": images, "made_mr": images}, step)
    assert caplog.messages == []


def test_a_loss_that_is_no_number_ends_the_training():
    check_finite({"cycle_ct": 1.0}, 7, Path("folder/last.ckpt"))
    with pytest.raises(
        InputError, match=r"^folder: the loss cycle_ct is nan at step 7: the training has diverged; set "
    ):
        check_finite({"cycle_ct": math.nan}, 7, Path("folder/last.ckpt"))
