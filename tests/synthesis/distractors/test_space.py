from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from labelct.synthesis.distractors.space import between, cavity_of, density
from tests.synthesis.distractors.torso import SPACING, free_space, soft_tissue


def test_places_are_in_millimetres_from_the_centre() -> None:
    space = free_space()
    assert space.x.shape == (80, 1)
    assert space.y.shape == (1, 60)
    assert (space.x[40, 0], space.y[0, 30]) == (0.0, 0.0)
    assert (space.x[0, 0], space.y[0, 0]) == (-160.0, -120.0)


def test_it_knows_the_slices_of_labels_and_body() -> None:
    space = free_space()
    assert space.levels.tolist() == list(range(14, 32))
    assert space.blocks == [slice(z, z + 1) for z in range(60)]


def test_a_cavity_lies_deeper_than_the_rind_in_every_section() -> None:
    body = soft_tissue() > 0
    body[:, :, 40:] = False
    cavity = cavity_of(body, SPACING, 30.0)
    depth = distance_transform_edt(body[:, :, 0], sampling=SPACING[:2])
    assert np.array_equal(cavity[:, :, 39], depth > 30.0)
    assert not cavity[:, :, 40:].any()


def test_draws_lie_in_their_intervals_in_order() -> None:
    drawn = between(np.random.default_rng(0), one=(0.0, 1.0), two=(5.0, 6.0))
    rng = np.random.default_rng(0)
    assert drawn == {"one": rng.uniform(0.0, 1.0), "two": rng.uniform(5.0, 6.0)}
    spec = density(np.random.default_rng(0), -10.0, 10.0, 7.0)
    assert -10 <= spec["hu"] <= 10
    assert spec["sd"] == pytest.approx(7.0)
