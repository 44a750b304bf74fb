from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from labelct.synthesis import deformation, drop, lesions
from labelct.synthesis.case import Case
from labelct.synthesis.recipe import Synthetic
from tests.synthesis.cases import PAINTED, empty, recipe, scene, where

LESIONS = lesions.Settings(host="liver", count=[2, 3], radius_mm=[6, 10])


def paint(case: Case, bank: Any, targets: dict[str, list[str]], kind: str = "synth2", **chosen: Any) -> Synthetic:
    made = recipe(kind, targets=targets, bank=bank, **{"lesions": LESIONS, **chosen})
    return made.draw(case, np.random.default_rng(3))


def test_lesions_lie_in_their_host_and_have_the_drawn_size(case: Case) -> None:
    one = lesions.Settings(host="liver", count=[1, 1], radius_mm=[10, 10])
    sizes = []
    for seed in range(20):
        given = scene(case, lesions=one)
        drawn = lesions.sample(given, np.random.default_rng(seed))
        drawn["lesions"][0]["centre"] = [28, 20, 14]
        lesions.apply(given, drawn)
        lesion = given.where({"liver_lesion"})
        assert where(case, "liver")[lesion].all()
        assert np.array_equal(given.label_map[~lesion], case.label_map[~lesion])
        sizes.append(lesion.sum() * np.prod(case.spacing))
    assert np.mean(sizes) == pytest.approx(4 / 3 * np.pi * 10**3, rel=0.3)
    assert np.std(sizes) > 0


def test_without_a_host_nothing_grows(case: Case) -> None:
    for settings in (lesions.Settings(), lesions.Settings(host="pancreas")):
        given = scene(case, lesions=settings)
        assert lesions.sample(given, np.random.default_rng(0)) is None
        lesions.apply(given, None)
        assert not given.grown
        assert np.array_equal(given.label_map, case.label_map)


def test_a_lesion_differs_from_its_host_by_the_contrast(case: Case, bank: Any) -> None:
    painted = paint(case, bank, {"liver": ["liver"], "lesion": ["liver_lesion"]})
    hu = painted.volume
    assert len(np.unique(hu[painted.target == 2])) == 1
    apart = hu[painted.target == 2][0] - hu[painted.target == 1][0]
    assert apart == pytest.approx(painted.params["lesions"]["contrast_hu"], abs=0.01)
    assert -70 <= apart <= -25


def test_a_lesion_belongs_to_its_host_unless_it_is_a_target(case: Case, bank: Any) -> None:
    for targets in ({"liver": ["liver"]}, {"liver": ["liver", "liver_lesion"]}):
        assert np.array_equal(paint(case, bank, targets).target == 1, where(case, "liver"))


@pytest.mark.parametrize("kind", PAINTED)
def test_every_recipe_pastes_lesions_and_drops_them_with_their_host(case: Case, bank: Any, kind: str) -> None:
    painted = paint(case, bank, {"lesion": ["liver_lesion"], "liver": ["liver"]}, kind)
    assert painted.target.max() == 2
    assert (painted.target == 1).any()
    dropped = paint(case, bank, {"liver": ["liver"]}, kind, dropped=drop.Settings(0.0, {"liver": 1.0}))
    assert {"liver", "liver_lesion"} <= set(dropped.params["drop"]["dropped"])
    assert not dropped.target.any()


def test_lesions_leave_the_other_draws_and_survive_a_deformation(case: Case, bank: Any) -> None:
    bent, targets = deformation.Settings(rotation_deg=10, flip_probability=1.0), {"liver": ["liver"]}
    plain, grown = (paint(case, bank, targets, lesions=s, deformation=bent) for s in (lesions.Settings(), LESIONS))
    drawn, alone = (one.params["intensity"]["classes"] for one in (grown, plain))
    assert {name: spec for name, spec in drawn.items() if name != "liver_lesion"} == alone
    assert np.array_equal(plain.target, grown.target)
    assert not np.array_equal(plain.volume, grown.volume)


def test_a_map_full_of_values_still_takes_lesions() -> None:
    case = empty((9, 9, 9), (2.0, 2.0, 2.0))
    case.label_map[2:7, 2:7, 2:7] = 255
    case.names[255] = "liver"
    given = scene(case, lesions=LESIONS)
    lesions.apply(given, lesions.sample(given, np.random.default_rng(0)))
    assert given.names[256] == "liver_lesion"
    assert (given.label_map == 256).any()
