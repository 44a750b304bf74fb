from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from labelct.synthesis.distractors import lungs
from tests.synthesis.distractors.torso import SHAPE, free_space, liver

NUMBER = {"_lung": 1, "_heart": 2}


@pytest.mark.parametrize("seed", range(5))
def test_lungs_stand_on_the_labels(seed: int) -> None:
    geometry, classes = lungs.sample(np.random.default_rng(seed))
    space = free_space()
    lungs.place(space, geometry, NUMBER)
    assert set(classes) == set(NUMBER)
    lung, columns = space.placed == 1, liver().any(axis=2)
    top = np.flatnonzero(liver().any(axis=(0, 1)))[-1]
    assert lung.any()
    assert not lung[columns][:, : top + 1].any()
    assert lung[columns][:, top + 4 :].mean() > 0.3
    right, left = lung[42:].sum(), lung[:38].sum()
    assert 0.3 < left / right < 3.0
    assert not (space.placed[~space.cavity] > 0).any()


def test_the_heart_lies_between_them() -> None:
    geometry, _ = lungs.sample(np.random.default_rng(0))
    space = free_space()
    lungs.place(space, geometry, NUMBER)
    aside = np.abs(np.arange(80) * 4.0 - 160.0)
    lung, heart = ((space.placed == number).sum(axis=(1, 2)) for number in (1, 2))
    assert heart.sum() > 500
    assert (aside @ heart) / heart.sum() < 0.5 * (aside @ lung) / lung.sum()


def test_without_labels_there_is_nothing_to_stand_on() -> None:
    geometry, _ = lungs.sample(np.random.default_rng(0))
    space = replace(free_space(), labelled=np.zeros(SHAPE, bool))
    lungs.place(space, geometry, NUMBER)
    assert not space.placed.any()


def test_the_dome_is_the_envelope_of_both_sides() -> None:
    drawn = {"fall_per_mm": 0.01, "left_mm": 20.0, "recess_mm": 0.0}
    height = lungs.dome(free_space(), drawn)
    assert height.shape == SHAPE[:2]
    assert height[55, 30] == pytest.approx(31 * 4.0)
    assert height[80 - 55, 30] == pytest.approx(31 * 4.0 - 20.0)
    away = (70 - 63.5) * 4.0
    assert height[70, 30] == pytest.approx(31 * 4.0 - 0.01 * away**2, abs=3.0)
    deeper = lungs.dome(free_space(), {**drawn, "recess_mm": 30.0})
    assert deeper[55, 30] == height[55, 30]
    assert deeper[70, 30] == pytest.approx(height[70, 30] - 30.0, abs=3.0)
