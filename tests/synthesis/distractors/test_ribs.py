from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt

from labelct.synthesis.distractors import lungs, ribs
from labelct.synthesis.distractors.space import cavity_of
from tests.synthesis.distractors.torso import SHAPE, SPACING, free_space, soft_tissue

NUMBER = {"_rib": 3, "_lung": 1, "_heart": 2}


def test_ribs_lie_under_the_skin() -> None:
    geometry, classes = ribs.sample(np.random.default_rng(0))
    space = free_space()
    ribs.place(space, geometry, NUMBER)
    assert set(classes) == {"_rib"}
    x, y, _ = np.nonzero(space.placed)
    reach = np.hypot((x * 4.0 - 160) / 120, (y * 4.0 - 120) / 85)
    assert reach.min() > 0.45
    assert reach.max() < 0.97


def test_a_cavity_parts_ribs_from_lungs() -> None:
    rng = np.random.default_rng(0)
    (around, _), (within, _) = ribs.sample(rng), lungs.sample(rng)
    depth = distance_transform_edt(soft_tissue()[:, :, 0] > 0, sampling=SPACING[:2])
    cavity = np.repeat((depth > 24.0)[:, :, None], SHAPE[2], axis=2)
    space = free_space(cavity)
    lungs.place(space, within, NUMBER)
    ribs.place(space, around, NUMBER)
    inner, bones = np.isin(space.placed, [1, 2]), space.placed == 3
    assert not (inner & ~cavity).any()
    assert inner[cavity].mean() > 0.2
    assert not (bones & cavity).any()
    outwards = distance_transform_edt(~cavity[:, :, 0], sampling=SPACING[:2])
    distance = outwards[bones.any(axis=2)] - around["gap_mm"]
    assert 0.0 < distance.min() <= distance.max() <= around["thickness_mm"]
    assert bones.any(axis=(0, 1)).mean() > 0.5


def test_they_begin_a_little_below_the_labels() -> None:
    geometry, _ = ribs.sample(np.random.default_rng(0))
    space = free_space()
    ribs.place(space, {**geometry, "below_mm": 20.0}, NUMBER)
    assert np.flatnonzero(space.placed.any(axis=(0, 1)))[0] * 4.0 >= 14 * 4.0 - 20.0


def test_they_do_not_pierce_the_skin() -> None:
    geometry, _ = ribs.sample(np.random.default_rng(0))
    space = free_space(cavity_of(soft_tissue() > 0, SPACING, 8.0))
    ribs.place(space, {**geometry, "gap_mm": 0.0, "thickness_mm": 30.0}, NUMBER)
    assert space.placed.any()
    assert not space.placed[~space.body].any()
