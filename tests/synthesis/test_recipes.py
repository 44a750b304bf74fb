from __future__ import annotations

import ast
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import labelct
from labelct.synthesis import background, cylinder
from labelct.synthesis.bank import make_white
from labelct.synthesis.case import Case
from labelct.synthesis.recipe import LOOKED_AT, NUMBERED, Synthetic
from labelct.synthesis.recipes import INGREDIENTS, RECIPES
from labelct.synthesis.settings import DataSettings
from tests.synthesis.cases import NO_GAS, PAINTED, recipe, where

PACKAGE = Path(labelct.__file__).parent
MODALITY = "mr"  # names the images of a cohort as well as the recipe that takes them as they are
# (the image it needs, is a scan already, draws more than one volume, paints the targets alone)
FACTS = {
    "clinical": ("ct", True, False, False),
    "mr": ("mr", True, False, False),
    "cyclegan": ("ct", True, False, False),
    "synth1": (None, False, True, True),
    "synth2": (None, False, True, False),
    "synth3": (None, False, True, False),
    "synthseg": (None, False, True, False),
}


def paint(case: Case, kind: str, **chosen: Any) -> Synthetic:
    return recipe(kind, **chosen).draw(case, np.random.default_rng(1))


def hu(painted: Synthetic, name: str) -> np.float32:
    return np.float32(painted.params["intensity"]["classes"][name]["hu"])


def test_every_recipe_says_what_it_is() -> None:
    told = {name: (kind.image, kind.is_scan, kind.draws, kind.targets_only) for name, kind in RECIPES.items()}
    assert told == FACTS


@pytest.mark.parametrize(
    ("name", "textured"),
    [
        ("clinical", ""),
        ("synth1", "background distractors"),
        ("synth2", ""),
        ("synth3", "labels background distractors"),
    ],
)
def test_every_recipe_says_what_is_textured(name: str, textured: str) -> None:
    assert RECIPES[name].textured == set(textured.split())


def test_painted_recipes_have_every_ingredient_and_the_first_a_cylinder_for_a_background() -> None:
    for name in PAINTED:
        assert list(RECIPES[name].ingredients) == list(INGREDIENTS) != []
        assert RECIPES[name].ingredients["background"] is (cylinder if name == "synth1" else background)
    assert set(INGREDIENTS) > {*NUMBERED, *LOOKED_AT}
    assert list(RECIPES["clinical"].ingredients) == ["original"]


def test_every_ingredient_has_one_face() -> None:
    for kind in RECIPES.values():
        assert all(callable(one.sample) and callable(one.apply) for one in kind.ingredients.values())


@pytest.mark.parametrize("name", RECIPES)
def test_what_a_recipe_does_not_read_are_settings(name: str) -> None:
    assert RECIPES[name].unread <= {field.name for field in fields(DataSettings)}


@pytest.mark.parametrize("name", PAINTED)
def test_what_a_recipe_does_not_read_makes_no_difference(case: Case, name: str) -> None:
    changed = cylinder.Settings(radius=[0.1, 0.2], flattening=0.5, envelope_probability=1.0)
    plain, other = (
        recipe(name, cylinder=settings).draw(case, np.random.default_rng(0))
        for settings in (cylinder.Settings(), changed)
    )
    assert (plain.params == other.params) is ("cylinder" in RECIPES[name].unread)


def test_synth1_pastes_constant_targets_into_a_cylinder(case: Case) -> None:
    painted = paint(case, "synth1")
    volume, target = painted.volume, painted.target
    assert painted.params["drop"]["pasted"] == ["colon", "liver", "spleen"]
    assert np.unique(volume[target == 1]).tolist() == [hu(painted, "liver")]
    assert (volume[0, 0] == -1000).all()
    inside = volume[(volume != -1000) & (target == 0)]
    assert len(np.unique(inside)) > 30


def test_synth2_is_constant_within_every_class(case: Case) -> None:
    painted = paint(case, "synth2", fill=NO_GAS)
    drawn = {hu(painted, name) for name in painted.params["intensity"]["classes"]}
    assert set(np.unique(painted.volume)) <= drawn
    assert (painted.volume[where(case, "liver")] == hu(painted, "liver")).all()


def test_synth3_gives_every_label_its_mean_and_spread(case: Case) -> None:
    painted = paint(case, "synth3", fill=NO_GAS)
    for name in ("liver", "spleen", "colon"):
        spec, voxels = painted.params["intensity"]["classes"][name], painted.volume[where(case, name)]
        assert voxels.mean() == pytest.approx(spec["hu"], abs=0.1 * spec["sd"])
        assert voxels.std() == pytest.approx(spec["sd"], rel=0.1)
    assert len(np.unique(painted.volume[(case.label_map == 0) & (painted.volume > -300)])) == 2


def test_the_background_may_have_a_texture_too(case: Case) -> None:
    volume = paint(case, "synth3", background_texture=True).volume
    assert len(np.unique(volume[(case.label_map == 0) & (volume > -300)])) > 20


@pytest.mark.parametrize("kind", ["synth1", "synth2"])
def test_constant_organs_are_constant_under_every_texture(case: Case, kind: str) -> None:
    painted = paint(case, kind, clips="white", bank=make_white())
    assert len(np.unique(painted.volume[painted.target == 1])) == 1


def test_synthseg_needs_no_prior_and_gives_every_voxel_noise(case: Case) -> None:
    case.names[5] = "Leber"
    painted = paint(case, "synthseg")
    spec, liver = painted.params["intensity"]["classes"]["Leber"], painted.volume[where(case, "Leber")]
    assert 5 <= spec["sd"] <= 40
    assert liver.mean() == pytest.approx(spec["hu"], abs=0.1)
    clips = {name: {"seed": 9} for name in painted.params["texture"]["clips"]}
    params = {**painted.params, "texture": {**painted.params["texture"], "clips": clips}}
    again = recipe("synthseg").apply(case, params)
    assert not np.array_equal(painted.volume, again.volume)
    assert abs(np.corrcoef(liver[1:], liver[:-1])[0, 1]) < 0.15


def test_recipes_of_one_seed_share_their_organ_means(case: Case) -> None:
    constant, textured = paint(case, "synth2").params, paint(case, "synth3").params
    assert constant["texture"] != textured["texture"]
    assert {**constant, "texture": 0} == {**textured, "texture": 0}


def strings(node: ast.AST) -> set[Any]:
    return {leaf.value for leaf in ast.walk(node) if isinstance(leaf, ast.Constant)}


def test_nobody_else_compares_the_name_of_a_recipe() -> None:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.Compare, ast.match_case)) and strings(node) & (set(RECIPES) - {MODALITY}):
                found.append((str(path.relative_to(PACKAGE)), ast.unparse(node)))
    plans = "settings.plans == 'clinical'"  # that is the name of nnU-Net's plans, not of a recipe
    assert [one for one in found if one[0] != "synthesis/recipes.py" and one[1] != plans] == []
