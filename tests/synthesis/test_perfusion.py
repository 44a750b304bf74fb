from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from labelct.synthesis import intensity, perfusion
from labelct.synthesis.case import Case
from labelct.synthesis.perfusion import EARLY, Settings
from labelct.synthesis.recipe import Synthetic
from tests.synthesis.cases import ball, recipe

KIDNEY, SPLEEN = 2, 1
FIXED = intensity.Settings("fixed", gas=False)
TARGETS = {"kidney": ["kidney_right"]}


@pytest.fixture
def organs() -> Case:
    label_map = np.zeros((40, 30, 24), np.uint8)
    label_map[ball(label_map.shape, (11, 15, 12), (9, 9, 10))] = KIDNEY
    label_map[ball(label_map.shape, (30, 15, 12), (8, 9, 9))] = SPLEEN
    return Case(label_map, (3.0, 3.0, 3.0), {KIDNEY: "kidney_right", SPLEEN: "spleen"})


def drawn(case: Case, seed: int = 0, **data: Any) -> Synthetic:
    made = recipe("synth2", targets=TARGETS, fill=FIXED, perfusion=Settings(1.0), **data)
    return made.draw(case, np.random.default_rng(seed))


def test_the_cortex_is_the_rim_of_a_kidney_and_is_ahead_in_the_arterial_phase(organs: Case) -> None:
    ours = drawn(organs, phase="arterial")
    depth = ours.params["perfusion"]["organs"]["kidney_right"]["cortex_mm"]
    middle, kidney = ours.volume[:, :, 12], organs.label_map[:, :, 12] == KIDNEY
    x, y = np.nonzero(kidney)
    to_centre = np.hypot(x - 11, y - 15) * 3.0
    rim, core = to_centre > 27 - depth + 4, to_centre < 27 - depth - 4
    assert middle[kidney][rim].min() - middle[kidney][core].max() >= 0.6 * 130 - 1
    assert len(np.unique(middle[kidney][rim])) == len(np.unique(middle[kidney][core])) == 1


def test_the_spleen_has_stripes_of_both_kinds_then(organs: Case) -> None:
    for seed in range(3):
        spleen = drawn(organs, seed, phase="arterial").volume[organs.label_map == SPLEEN]
        levels, counts = np.unique(spleen, return_counts=True)
        assert len(levels) == 2
        assert counts.min() > 0.2 * spleen.size


@pytest.mark.parametrize("phase", ["native", "delayed"])
def test_without_contrast_and_late_an_organ_is_one(organs: Case, phase: str) -> None:
    volume = drawn(organs, phase=phase).volume
    assert all(np.ptp(volume[organs.label_map == value]) < 1e-3 for value in (KIDNEY, SPLEEN))


def test_an_organ_keeps_the_mean_of_its_prior_where_its_parts_have_their_usual_share(organs: Case) -> None:
    ours = drawn(organs, phase="arterial")
    cortex, medulla = (ours.params["perfusion"]["classes"][f"kidney_right{part}"]["hu"] for part in ("", ":medulla"))
    assert EARLY * cortex + (1 - EARLY) * medulla == pytest.approx(150)


def test_targets_and_the_draws_of_other_ingredients_stay(organs: Case) -> None:
    ours = drawn(organs, phase="arterial")
    plain = recipe("synth2", targets=TARGETS, fill=FIXED, phase="arterial").draw(organs, np.random.default_rng(0))
    np.testing.assert_array_equal(ours.target, plain.target)
    assert plain.params["perfusion"] is None
    assert {**ours.params, "perfusion": None} == plain.params


def test_a_dropped_organ_has_no_parts(organs: Case) -> None:
    made = recipe("synth2", targets=TARGETS, fill=FIXED, dropped=1.0, perfusion=Settings(1.0), phase="arterial")
    perfused = made.draw(organs, np.random.default_rng(0)).volume
    plain = recipe("synth2", targets=TARGETS, fill=FIXED, dropped=1.0, phase="arterial")
    np.testing.assert_array_equal(perfused, plain.draw(organs, np.random.default_rng(0)).volume)


def test_no_prior_no_parts(organs: Case) -> None:
    made = recipe("synth2", targets=TARGETS, fill=intensity.Settings("uniform"), perfusion=Settings(1.0))
    assert made.draw(organs, np.random.default_rng(0)).params["perfusion"] is None
    assert perfusion.Settings().strength == 0.0
