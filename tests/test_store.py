"""Stages are made once, resume after a break, and are named by what they read alone."""

import json
import os
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelct.errors import InputError
from labelct.events import heard_by
from labelct.store import build, is_finished, key_of, lock_of, mention, ordered, planned, recipe_of, stage_of
from labelct.upkeep import damage, folders
from labelct.writing import write_json, write_text

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


CASES = {"one": "1", "two": "22", "three": "333"}
RECIPE = recipe_of("scan", 1, {"cases": list(CASES)})


def cases(folder):
    """Write the cases that are not there, as stages do."""
    for name, content in CASES.items():
        if not (folder / name).exists():
            write_text(folder / name, content)


def break_off(folder):
    write_text(folder / "one", "1")
    (folder / ".labelct-1-half").write_text("ha")
    raise RuntimeError("killed")


def test_what_was_begun_goes_on_under_a_name_of_its_own(tmp_path):
    with pytest.raises(RuntimeError):
        build(tmp_path, RECIPE, break_off)
    (orphans,) = (tmp_path / "scan").glob("*.partial")
    found = []

    def goes_on(folder):
        found.extend([folder != orphans, not orphans.exists(), sorted(path.name for path in folder.iterdir())])
        write_text(orphans / "two", "of an orphan")
        cases(folder)

    stage = build(tmp_path, RECIPE, goes_on)
    assert found == [True, True, ["one", "recipe.json"]]
    assert (stage.folder / "two").read_text() == "22"
    assert folders(tmp_path) == ([stage.folder], [])


@pytest.mark.parametrize("lost", [["two"], ["recipe.json"], ["files.json"], ["one", "two", "three", "recipe.json"]])
def test_what_is_missing_of_a_finished_stage_is_made_again(tmp_path, lost):
    stage = build(tmp_path, RECIPE, cases)
    kept = {path.name: path.stat().st_mtime_ns for path in stage.folder.iterdir() if path.name not in lost}
    before = {path.name: path.read_bytes() for path in stage.folder.iterdir()}
    for name in lost:
        (stage.folder / name).unlink()
    build(tmp_path, RECIPE, cases)
    assert {path.name: path.read_bytes() for path in stage.folder.iterdir()} == before
    assert kept == {name: (stage.folder / name).stat().st_mtime_ns for name in kept} or "recipe.json" not in lost
    assert damage(stage.folder) == ""


def test_a_torn_file_is_made_again_and_one_that_is_not_is_kept_and_named(tmp_path):
    stage = build(tmp_path, RECIPE, cases)
    (stage.folder / "two").write_text("2")
    build(tmp_path, RECIPE, cases)
    assert (stage.folder / "two").read_text() == "22"
    (stage.folder / "three").write_text("33")
    with pytest.raises(InputError, match=r"three has another size; rm -r .* make it again, rm .*files\.json takes it"):
        build(tmp_path, RECIPE, lambda folder: None)
    assert (stage.folder / "three").read_text() == "33"
    (stage.folder / "files.json").unlink()
    build(tmp_path, RECIPE, lambda folder: None)
    assert damage(stage.folder) == ""


@pytest.mark.parametrize("harm", ["flip", "folder", "torn", "recipe"])
def test_text_that_was_changed_is_made_again_though_its_size_is_right(tmp_path, harm):
    """Nothing else would notice a digit: images and checkpoints have checksums of their own, a table has none."""

    def make(folder):
        if not (folder / "table.csv").exists():
            write_text(folder / "table.csv", "liver,60")

    stage = build(tmp_path, RECIPE, make)
    table, before = stage.folder / "table.csv", (stage.folder / "files.json").read_bytes()
    if harm == "folder":
        table.unlink()
        (table / "inside").mkdir(parents=True)
    elif harm == "recipe":
        (stage.folder / "recipe.json").write_text((stage.folder / "recipe.json").read_text().replace("1", "2"))
    else:
        table.write_text({"flip": "liver,90", "torn": "liv"}[harm])
    assert not is_finished(stage)
    build(tmp_path, RECIPE, make)
    assert table.read_text() == "liver,60"
    assert (stage.folder / "files.json").read_bytes() == before
    assert sorted(os.listdir(stage.folder)) == ["files.json", "recipe.json", "table.csv"]


def test_the_folder_of_another_stage_under_the_name_of_this_one_is_refused(tmp_path):
    stage = build(tmp_path, RECIPE, cases)
    other = build(tmp_path, recipe_of("scan", 2, {}), lambda folder: write_text(folder / "other", ""))
    shutil.rmtree(stage.folder)
    shutil.copytree(other.folder, stage.folder)
    assert not is_finished(stage)
    with pytest.raises(InputError, match=rf"its recipe is that of scan/{other.key}; rm -r .* make it again"):
        build(tmp_path, RECIPE, cases)


@pytest.mark.parametrize("place", ["file", "link"])
def test_what_is_no_folder_in_the_place_of_a_stage_is_named_before_the_work(tmp_path, place):
    stage = build(tmp_path, RECIPE, cases)
    shutil.rmtree(stage.folder)
    stage.folder.touch() if place == "file" else stage.folder.symlink_to(tmp_path / "gone")
    with pytest.raises(InputError, match=rf"{stage.key}: has the place of a stage, and is no folder; rm -r "):
        build(tmp_path, RECIPE, lambda folder: pytest.fail("made"))


def test_what_was_begun_of_another_stage_is_not_gone_on_with(tmp_path):
    other = recipe_of("scan", 2, {})
    with pytest.raises(RuntimeError):
        build(tmp_path, other, break_off)
    (begun,) = (tmp_path / "scan").glob("*.partial")
    begun = begun.rename(begun.with_name(begun.name.replace(key_of(other), key_of(RECIPE))))
    with pytest.raises(InputError, match=rf"its recipe is that of scan/{key_of(other)}; rm -r {begun} lets the same"):
        build(tmp_path, RECIPE, lambda folder: pytest.fail("made"))


@pytest.mark.parametrize("listed", ["{}", "[]", "{", '{"two": {}}', "7", None])
def test_an_inventory_that_lists_nothing_says_nothing(tmp_path, listed):
    stage = build(tmp_path, RECIPE, cases)
    (stage.folder / "files.json").unlink()
    (stage.folder / "files.json").mkdir() if listed is None else (stage.folder / "files.json").write_text(listed)
    (stage.folder / "two").unlink()
    build(tmp_path, RECIPE, cases)
    assert (stage.folder / "two").exists()
    assert damage(stage.folder) == ""


def test_what_is_made_again_otherwise_is_listed_as_it_is_and_nothing_else_is(tmp_path):
    stage = build(tmp_path, RECIPE, cases)
    (stage.folder / "two").unlink()
    (stage.folder / "foreign").touch()
    (stage.folder / "three").write_text("?" * len((stage.folder / "three").read_text()))

    def with_another_clock(folder):
        (folder / "one").write_text("a later time")
        (folder / "two").write_text("made later")

    build(tmp_path, RECIPE, with_another_clock)
    assert damage(stage.folder) == "three has another content, foreign is not one of its files"


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda folder: (folder / "two").write_text("21"), "two has another content"),
        (lambda folder: (folder / "four").touch(), "four is not one of its files"),
        (lambda folder: (folder / "recipe.json").unlink(), "recipe.json is missing"),
        (lambda folder: (folder / "recipe.json").write_text("{"), "recipe.json cannot be read as JSON"),
        (lambda folder: (folder / "recipe.json").write_text("[]"), "recipe.json is no recipe"),
        (lambda folder: write_json(folder / "recipe.json", recipe_of("scan", 2, {})), "its recipe is that of scan/"),
        (lambda folder: (folder / "files.json").write_text("[1]"), "files.json cannot be read"),
    ],
)
def test_damage_is_found_and_said_in_one_line(tmp_path, harm, told):
    stage = build(tmp_path, RECIPE, cases)
    assert damage(stage.folder) == ""
    harm(stage.folder)
    assert damage(stage.folder).startswith(told)
    assert "\n" not in damage(stage.folder)


def test_whoever_may_write_in_the_store_may_lock(tmp_path):
    (tmp_path / "scan").mkdir()
    (tmp_path / "scan").chmod(0o770)
    build(tmp_path, RECIPE, cases)
    (lock,) = (tmp_path / "scan").glob("*.lock")
    assert oct(lock.stat().st_mode & 0o777) == "0o660"
    lock.unlink()
    (tmp_path / "scan").chmod(0o550)
    lock_of(stage_of(tmp_path, RECIPE))
    (tmp_path / "scan").chmod(0o770)


def test_a_lock_file_that_lies_about_holds_nobody_up(tmp_path):
    (tmp_path / "scan").mkdir()
    (tmp_path / "scan" / f"{key_of(RECIPE)}.lock").write_text("4194305")
    assert build(tmp_path, RECIPE, cases).fresh
    assert os.listdir(tmp_path) == ["scan"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="one user alone may not be another one")
def test_another_user_reads_what_is_finished_and_is_refused_in_one_line_what_is_not(tmp_path):
    for folder in (tmp_path, *tmp_path.parents):
        if folder.name.startswith(("pytest-", "popen-")) or folder == tmp_path:
            folder.chmod(0o755)
    finished = build(tmp_path, RECIPE, cases)
    with pytest.raises(RuntimeError):
        build(tmp_path, recipe_of("scan", 2, {}), break_off)
    os.seteuid(65534)
    try:
        assert not build(tmp_path, RECIPE, cases).fresh
        (finished.folder / "files.json").stat()
        with pytest.raises(InputError, match=r"\.lock: cannot be locked \(Permission denied\); change the permissions"):
            build(tmp_path, recipe_of("scan", 2, {}), cases)
    finally:
        os.seteuid(0)


def test_a_planned_stage_is_told_of_and_not_made(tmp_path):
    heard = []
    with heard_by(heard.append), planned():
        stage = build(tmp_path / "stages", RECIPE, cases)
    assert [(event.state, event.key, event.recipe) for event in heard] == [
        ("wanted", stage.key, RECIPE),
        ("planned", stage.key, RECIPE),
    ]
    assert not stage.fresh
    assert list(tmp_path.iterdir()) == []
    assert build(tmp_path / "stages", RECIPE, cases).fresh


def test_what_workers_asked_for_is_told_where_it_is_heard(tmp_path):
    heard, stage = [], build(tmp_path, RECIPE, cases)
    with heard_by(heard.append):
        mention([stage])
    assert [(event.state, event.folder) for event in heard] == [("wanted", stage.folder), ("reused", stage.folder)]
