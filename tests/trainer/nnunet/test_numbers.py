"""Numbers in nnU-Net's plans that no training leaves are refused before a CT is cut by them."""

import copy
import math

import pytest

from labelct.errors import InputError
from labelct.trainer.nnunet.numbers import check_numbers

INTENSITY = {"mean": 90.0, "std": 30.0, "percentile_00_5": -17.0, "percentile_99_5": 201.0}
PLANNED = {
    "transpose_forward": [1, 2, 0],
    "transpose_backward": [2, 0, 1],
    "foreground_intensity_properties_per_channel": {"0": INTENSITY},
    "spacing": [5.0, 0.8, 0.8],
    "patch_size": [20, 64, 64],
    "architecture": {"arch_kwargs": {"strides": [[1, 1, 1], [1, 2, 2], [2, 2, 2]]}},
}
SLICES = {"spacing": [0.8, 0.8], "patch_size": [64, 64], "architecture": {"arch_kwargs": {"strides": [1, [2, 2], 2]}}}


@pytest.mark.parametrize("chosen", [{}, SLICES], ids=["volumes", "slices"])
def test_what_a_training_leaves_passes(tmp_path, chosen):
    plans = {**PLANNED, **chosen}
    check_numbers(tmp_path, plans, plans)


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("transpose_forward",), [0, 0, 0], "no order and its inverse"),
        (("transpose_backward",), [1, 2, 0], "no order and its inverse"),
        (("spacing",), [0, 0.8, 0.8], "spacing"),
        (("spacing",), [math.nan, 0.8, 0.8], "spacing"),
        (("patch_size",), [100000] * 3, "patch_size"),
        (("patch_size",), ["20", 64, 64], "patch_size"),
        (("patch_size",), [20, 62, 64], r"steps, \[2, 4, 4\]"),
        (("patch_size",), [20, 64], r"steps, \[2, 4, 4\]"),
        (("foreground_intensity_properties_per_channel", "0", "std"), math.nan, "intensities"),
        (("foreground_intensity_properties_per_channel", "0", "percentile_00_5"), 500.0, "intensities"),
    ],
)
def test_another_number_is_refused_in_one_line(tmp_path, place, value, said):
    plans = copy.deepcopy(PLANNED)
    inner = plans
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    with pytest.raises(InputError, match=said) as error:
        check_numbers(tmp_path / "plans.json", plans, plans)
    assert "\n" not in str(error.value)
