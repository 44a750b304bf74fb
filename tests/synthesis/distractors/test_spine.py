from __future__ import annotations

import numpy as np

from labelct.synthesis.distractors import spine
from tests.synthesis.distractors.torso import free_space

NUMBER = {"_muscle": 1, "_spine": 2}


def test_the_spine_lies_at_the_back_between_its_muscles() -> None:
    geometry, classes = spine.sample(np.random.default_rng(0))
    space = free_space()
    spine.place(space, geometry, NUMBER)
    assert set(classes) == set(NUMBER)
    x, y, z = np.nonzero(space.placed == 2)
    assert abs(x.mean() * 4.0 - 160) < 3
    assert y.mean() * 4.0 < 120 - 15
    assert set(z) == set(range(60))
    assert not (space.placed[~space.body] > 0).any()
    muscle = space.placed == 1
    assert muscle[:40].any()
    assert muscle[41:].any()
    assert muscle.sum() > 0.5 * muscle[::-1].sum()


def test_nothing_of_it_pierces_the_skin() -> None:
    geometry, _ = spine.sample(np.random.default_rng(0))
    space = free_space()
    spine.place(space, {**geometry, "back_mm": 25.0}, NUMBER)
    assert set(np.unique(space.placed[space.body])) == {0, 1, 2}
    assert not space.placed[~space.body].any()
