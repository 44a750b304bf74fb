from __future__ import annotations

import numpy as np
import pytest

from labelct.synthesis.stills import PHOTOGRAPHS, photograph, sample_motion, set_in_motion, stills_clips
from labelct.synthesis.texture import Settings


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_every_photograph_is_shipped(name: str) -> None:
    picture = photograph(name)
    assert picture.ndim == 2
    assert min(picture.shape) > 200
    assert 0 <= picture.min() < picture.max() <= 255.01


def test_stills_move_smoothly() -> None:
    clip = set_in_motion(photograph("china"), 64, 12, sample_motion(np.random.default_rng(0))).astype(float)
    steps = [np.abs(clip[t] - clip[0]).mean() for t in range(1, 12)]
    assert steps[0] > 0.5
    assert steps[0] < steps[5]


def test_a_pan_moves_by_its_speed() -> None:
    still = {"heading": 0.0, "zoom": 1.0, "growth": 0.0, "angle": 0.0, "turn": 0.0, "x": 0.4, "y": 0.4}
    clip = set_in_motion(photograph("china"), 41, 6, {**still, "speed": 2.0})
    assert np.array_equal(clip[5][:, :-10], clip[0][:, 10:])


def test_photographs_take_turns() -> None:
    clips, names = stills_clips(Settings(size=16, frames=2, clips=len(PHOTOGRAPHS) + 1))
    assert names == [*PHOTOGRAPHS, PHOTOGRAPHS[0]]
    assert not np.array_equal(clips[0], clips[-1])
