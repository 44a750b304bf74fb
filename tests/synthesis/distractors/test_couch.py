from __future__ import annotations

import numpy as np

from labelct.synthesis.distractors import couch
from tests.synthesis.distractors.torso import free_space

NUMBER = {"_foam": 1, "_shell": 2}
DRAWN = {"gap_mm": 6.0, "thickness_mm": 24.0, "half_width_mm": 100.0, "shell_mm": 5.0}


def test_the_couch_lies_behind_the_body_foam_within_a_shell() -> None:
    geometry, classes = couch.sample(np.random.default_rng(0))
    assert set(classes) == set(NUMBER)
    assert set(geometry) == set(DRAWN)
    space = free_space()
    couch.place(space, DRAWN, NUMBER)
    assert not space.placed[space.body].any()
    x, y, z = np.nonzero(space.placed)
    back = np.flatnonzero(space.body.any(axis=(0, 2)))[0]
    assert y.max() * 4.0 <= back * 4.0 - 6.0
    assert abs(np.ptp(y) * 4.0 - 24.0) <= 4.0
    assert abs(np.ptp(x) * 4.0 - 200.0) <= 8.0
    assert set(z) == set(range(60))
    column = space.placed[40, : back + 1, 30]
    held = column[column > 0].tolist()
    assert held[0] == held[-1] == 2
    assert 1 in held
