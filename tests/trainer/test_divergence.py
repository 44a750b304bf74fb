import math

import pytest

from labelct.errors import InputError
from labelct.trainer.divergence import check_finite


def test_a_training_whose_last_losses_are_all_no_numbers_ends_in_one_line(tmp_path):
    said = r": the loss is nan at step 20: the training has diverged; set trainer\.learning_rate lower$"
    with pytest.raises(InputError, match=said) as error:
        check_finite(math.nan, 0, "at step 20", tmp_path, "set trainer.learning_rate lower")
    assert str(error.value).startswith(str(tmp_path))


def test_one_of_several_losses_is_named(tmp_path):
    with pytest.raises(InputError, match=r": the loss cycle_ct is nan at step 7: the training has diverged; "):
        check_finite(math.nan, False, "at step 7", tmp_path, "set translation.learning_rate lower", "cycle_ct")


def test_single_losses_that_are_no_numbers_end_nothing(tmp_path):
    check_finite(math.inf, 1, "at step 20", tmp_path, "")
