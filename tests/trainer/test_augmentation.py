"""Changes of any patch: gamma within the window, flips that respect sides, draws that other draws do not move."""

import numpy as np
import torch

from labelct.trainer.augmentation import change_intensity, flip_axes, sample_flip, sample_intensity
from labelct.trainer.normalisation import BUILTIN
from labelct.trainer.settings import AugmentationSettings

IDENTITY = {"gamma": 1, "scale": 1, "shift": 0, "noise": 0}


def test_gamma_keeps_the_ends_of_the_window() -> None:
    intensity_properties = BUILTIN["soft_tissue"]
    ends = torch.tensor(
        [intensity_properties.floor, (intensity_properties.high - intensity_properties.mean) / intensity_properties.sd]
    )
    torch.testing.assert_close(change_intensity(ends, {**IDENTITY, "gamma": 1.7}, intensity_properties), ends)


def test_sides_forbid_mirroring_x_alone() -> None:
    wanted = AugmentationSettings(flip="zx")
    assert flip_axes(wanted, ["liver"]) == (0, 2)
    assert flip_axes(wanted, ["liver", "rib_left_5"]) == (2,)


def test_draws_lie_within_their_widths_and_reach_them() -> None:
    settings = AugmentationSettings(scale=0.2, shift=0.3, gamma=0.4, noise=0.5)
    rng = np.random.default_rng(0)
    drawn = [sample_intensity(settings, rng) for _ in range(500)]
    ends = {"scale": (0.8, 1.2), "shift": (-0.3, 0.3), "gamma": (np.exp(-0.4), np.exp(0.4)), "noise": (0.0, 0.5)}
    for name, (low, high) in ends.items():
        values = [each[name] for each in drawn]
        assert low <= min(values) < low + 0.02
        assert high - 0.02 < max(values) <= high
    flips = [sample_flip((0, 2), rng) for _ in range(500)]
    assert {tuple(axes) for axes in flips} == {(), (0,), (2,), (0, 2)}
