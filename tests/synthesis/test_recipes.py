from __future__ import annotations

import ast
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import labelct
from labelct.synthesis import background, cylinder
from labelct.synthesis.case import Case
from labelct.synthesis.recipe import LOOKED_AT, NUMBERED
from labelct.synthesis.recipes import INGREDIENTS, RECIPES
from labelct.synthesis.settings import DataSettings
from tests.synthesis.cases import PAINTED, recipe

PACKAGE = Path(labelct.__file__).parent
# (needs a CT, is a scan already, HU are those of CT, draws more than one volume, paints the targets alone)
FACTS = {
    "clinical": (True, True, True, False, False),
    "synth1": (False, False, True, True, True),
    "synth2": (False, False, True, True, False),
    "synth3": (False, False, True, True, False),
    "synthseg": (False, False, False, True, False),
}


def test_every_recipe_says_what_it_is() -> None:
    told = {
        name: (kind.needs_ct, kind.is_scan, kind.hu_is_ct, kind.draws, kind.targets_only)
        for name, kind in RECIPES.items()
    }
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
    assert set(INGREDIENTS) == set(NUMBERED) > set(LOOKED_AT)
    assert list(RECIPES["clinical"].ingredients) == ["original"]


def test_every_ingredient_has_one_face() -> None:
    for kind in RECIPES.values():
        assert all(callable(one.sample) and callable(one.apply) for one in kind.ingredients.values())


@pytest.mark.parametrize("name", RECIPES)
def test_what_a_recipe_does_not_read_are_settings(name: str) -> None:
    assert RECIPES[name].unread <= {field.name for field in fields(DataSettings)}


@pytest.mark.parametrize("name", PAINTED)
def test_what_a_recipe_does_not_read_makes_no_difference(case: Case, name: str) -> None:
    changed = cylinder.Settings(radius=[0.1, 0.2], flattening=0.5, trunk=1.0)
    plain, other = (
        recipe(name, cylinder=settings).draw(case, np.random.default_rng(0))
        for settings in (cylinder.Settings(), changed)
    )
    assert (plain.params == other.params) is ("cylinder" in RECIPES[name].unread)


def strings(node: ast.AST) -> set[Any]:
    return {leaf.value for leaf in ast.walk(node) if isinstance(leaf, ast.Constant)}


def test_nobody_else_compares_the_name_of_a_recipe() -> None:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.Compare, ast.match_case)) and strings(node) & set(RECIPES):
                found.append((str(path.relative_to(PACKAGE)), ast.unparse(node)))
    plans = "settings.plans == 'clinical'"  # that is the name of nnU-Net's plans, not of a recipe
    assert [one for one in found if one[0] != "synthesis/recipes.py" and one[1] != plans] == []
