from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from labelct.synthesis.anatomy_settings import DeformSettings, LesionSettings

from labelct.synthesis.lesions import place_lesions, sample_lesions
from labelct.synthesis.recipe import Painted, draw_volume
from labelct.synthesis.settings import (
    DataSettings,
    DropSettings,
    FillSettings,
    TextureSettings,
)
from tests.synthesis.cases import Case

LESIONS = LesionSettings(host="liver", count=[2, 3], radius_mm=[6, 10])


def paint(case: Case, bank: Any, targets: dict[str, list[str]], drop: Any = None, **data: Any) -> Painted:
    settings = DataSettings(**{"kind": "synth2", "lesions": LESIONS, **data})
    how = (settings, FillSettings(), TextureSettings(), drop or DropSettings(0.0), bank)
    return draw_volume(case.label_map, case.spacing, case.names, targets, *how, np.random.default_rng(3))


def test_lesions_lie_in_their_host_and_have_the_drawn_size(case: Case) -> None:
    one = LesionSettings(host="liver", count=[1, 1], radius_mm=[10, 10])
    sizes = []
    for seed in range(20):
        drawn = sample_lesions(case.label_map, case.names, one, np.random.default_rng(seed))
        drawn["lesions"][0]["centre"] = [28, 20, 14]
        grown, names = place_lesions(case.label_map, case.spacing, case.names, drawn)
        lesion = grown == next(value for value, name in names.items() if name == "liver_lesion")
        assert case.where("liver")[lesion].all()
        assert np.array_equal(grown[~lesion], case.label_map[~lesion])
        sizes.append(lesion.sum() * np.prod(case.spacing))
    assert np.mean(sizes) == pytest.approx(4 / 3 * np.pi * 10**3, rel=0.3)
    assert np.std(sizes) > 0


def test_without_a_host_nothing_grows(case: Case) -> None:
    assert sample_lesions(case.label_map, case.names, LesionSettings(), np.random.default_rng(0)) is None
    other = LesionSettings(host="pancreas")
    assert sample_lesions(case.label_map, case.names, other, np.random.default_rng(0)) is None


def test_a_lesion_differs_from_its_host_by_the_contrast(case: Case, bank: Any) -> None:
    painted = paint(case, bank, {"liver": ["liver"], "lesion": ["liver_lesion"]})
    drawn, hu = painted.params, painted.volume
    assert len(np.unique(hu[painted.target == 2])) == 1
    apart = hu[painted.target == 2][0] - hu[painted.target == 1][0]
    assert apart == pytest.approx(drawn["lesions"]["contrast_hu"], abs=0.01)
    assert -70 <= apart <= -25


def test_a_lesion_belongs_to_its_host_unless_it_is_a_target(case: Case, bank: Any) -> None:
    for targets in ({"liver": ["liver"]}, {"liver": ["liver", "liver_lesion"]}):
        assert np.array_equal(paint(case, bank, targets).target == 1, case.where("liver"))


@pytest.mark.parametrize("kind", ["synth1", "synth2", "synth3", "synthseg"])
def test_every_recipe_pastes_lesions_and_drops_them_with_their_host(case: Case, bank: Any, kind: str) -> None:
    painted = paint(case, bank, {"lesion": ["liver_lesion"], "liver": ["liver"]}, kind=kind)
    assert painted.target.max() == 2
    assert (painted.target == 1).any()
    dropped = paint(case, bank, {"liver": ["liver"]}, DropSettings(0.0, {"liver": 1.0}), kind=kind)
    assert {"liver", "liver_lesion"} <= set(dropped.params["dropped"])
    assert not dropped.target.any()


def test_lesions_leave_the_other_draws_and_survive_a_deformation(case: Case, bank: Any) -> None:
    bent = DeformSettings(rotation_deg=10, flip=1.0)
    targets = {"liver": ["liver"]}
    plain, grown = (paint(case, bank, targets, lesions=s, deform=bent) for s in (LesionSettings(), LESIONS))
    assert {n: s for n, s in grown.params["classes"].items() if n != "liver_lesion"} == plain.params["classes"]
    assert np.array_equal(plain.target, grown.target)
    assert not np.array_equal(plain.volume, grown.volume)
