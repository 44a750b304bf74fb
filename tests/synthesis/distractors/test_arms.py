from __future__ import annotations

import numpy as np
import pytest

from labelct.synthesis.distractors import arms
from tests.synthesis.distractors.torso import free_space

NUMBER = {"_arm": 1, "_arm_bone": 2}
DRAWN = {"gap_mm": 4.0, "radius_mm": 16.0, "bone_mm": 6.0, "front_mm": 0.0}


def test_an_arm_with_a_bone_lies_on_either_side_of_the_body() -> None:
    geometry, classes = arms.sample(np.random.default_rng(0))
    assert set(classes) == set(NUMBER)
    assert set(geometry) == set(DRAWN)
    space = free_space()
    arms.place(space, DRAWN, NUMBER)
    assert not space.placed[space.body].any()
    for side in (slice(0, 40), slice(41, None)):
        section = space.placed[side, :, 30]
        assert (section > 0).sum() * 16.0 == pytest.approx(np.pi * 16**2, rel=0.25)
        assert (section == 2).sum() * 16.0 == pytest.approx(np.pi * 6**2, rel=0.5)
        _, y = np.nonzero(section)
        assert abs(y.mean() * 4.0 - 120.0) < 2.0
    assert (space.placed == space.placed[:, :, :1]).all()
