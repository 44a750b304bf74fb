from __future__ import annotations

import numpy as np

from labelct.synthesis.distractors import spine
from tests.synthesis.distractors.torso import free_trunk

NUMBER = {"_muscle": 1, "_spine": 2}


def test_the_spine_lies_at_the_back_between_its_muscles() -> None:
    geometry, classes = spine.sample(np.random.default_rng(0))
    trunk = free_trunk()
    spine.place(trunk, geometry, NUMBER)
    assert set(classes) == set(NUMBER)
    x, y, z = np.nonzero(trunk.placed == 2)
    assert abs(x.mean() * 4.0 - 160) < 3
    assert y.mean() * 4.0 < 120 - 15
    assert set(z) == set(trunk.sections)
    assert not (trunk.placed[~trunk.body] > 0).any()
    muscle = trunk.placed == 1
    assert muscle[:40].any()
    assert muscle[41:].any()
    assert muscle.sum() > 0.5 * muscle[::-1].sum()
