"""Stages are made once, resume after a break, and are named by what they read alone."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelct.store import build, key_of, ordered, recipe_of, write_json

VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
SETTINGS = st.dictionaries(st.text(), VALUES)


@given(SETTINGS)
def test_key_does_not_depend_on_the_order_of_settings(settings):
    turned = dict(reversed(settings.items()))
    assert key_of(recipe_of("scan", 1, settings)) == key_of(recipe_of("scan", 1, turned))


def test_the_order_of_targets_counts_where_they_are_numbered_by_it():
    first, turned = {"liver": ["liver"], "spleen": ["spleen"]}, {"spleen": ["spleen"], "liver": ["liver"]}
    keys = {key_of(recipe_of("dataset", 1, {"targets": ordered(targets)})) for targets in (first, turned)}
    assert len(keys) == 2
    assert ordered(first) is first


def test_key_depends_on_name_version_settings_and_parents(tmp_path):
    parent = build(tmp_path, recipe_of("cohort", 1, {}), lambda folder: None)
    recipes = [
        recipe_of("scan", 1, {"dose": 1}),
        recipe_of("scan", 2, {"dose": 1}),
        recipe_of("scan", 1, {"dose": 2}),
        recipe_of("fill", 1, {"dose": 1}),
        recipe_of("scan", 1, {"dose": 1}, [parent]),
    ]
    keys = {key_of(recipe) for recipe in recipes}
    assert len(keys) == len(recipes)
    assert all(len(key) == 12 for key in keys)


def test_key_is_the_digest_of_the_recipe_on_disk(tmp_path):
    stage = build(tmp_path, recipe_of("scan", 1, {"dose": 0.5}), lambda folder: None)
    assert key_of(json.loads((stage.folder / "recipe.json").read_text())) == stage.key == stage.folder.name


def test_a_finished_stage_is_not_made_again(tmp_path):
    calls = []
    recipe = recipe_of("scan", 1, {})
    first, second = (build(tmp_path, recipe, calls.append) for _ in range(2))
    assert len(calls) == 1
    assert first.fresh
    assert not second.fresh
    assert first.folder == second.folder


def test_a_broken_stage_keeps_its_finished_cases_and_has_no_name(tmp_path):
    recipe = recipe_of("scan", 1, {})

    def breaks(folder):
        (folder / "case_1").write_text("done")
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        build(tmp_path, recipe, breaks)
    assert not (tmp_path / "scan" / key_of(recipe)).exists()
    found = []
    stage = build(tmp_path, recipe, lambda folder: found.extend(sorted(path.name for path in folder.iterdir())))
    assert "case_1" in found
    assert (stage.folder / "case_1").read_text() == "done"


def test_write_leaves_no_half_file(tmp_path):
    with pytest.raises(TypeError):
        write_json(tmp_path / "a.json", {"unwritable": object()})
    assert list(tmp_path.iterdir()) == []
