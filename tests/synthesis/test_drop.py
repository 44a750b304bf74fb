from __future__ import annotations

from dataclasses import replace

import numpy as np

from labelct.synthesis import drop
from labelct.synthesis.case import Case
from labelct.synthesis.scene import Growth, Scene
from labelct.targets import Targets
from tests.synthesis.cases import scene, where

ORGANS = [f"organ_{n:02}" for n in range(40)]
MANY = Case(np.arange(41, dtype=np.uint8).reshape(41, 1, 1), (1.0, 1.0, 1.0), dict(enumerate(ORGANS, 1)))


def many(settings: drop.Settings | float) -> Scene:
    return scene(MANY, "synth2", dropped=settings)


def test_chances_zero_and_one() -> None:
    rng = np.random.default_rng(0)
    assert drop.sample(many(0.0), rng) == {"pasted": ORGANS, "dropped": []}
    assert drop.sample(many(1.0), rng) == {"pasted": [], "dropped": ORGANS}


def test_half_of_the_labels_drop_independently() -> None:
    given, rng = many(0.5), np.random.default_rng(0)
    drawn = [drop.sample(given, rng)["dropped"] for _ in range(200)]
    dropped = np.array([[name in names for name in ORGANS] for names in drawn])
    assert abs(dropped.mean() - 0.5) < 0.02
    assert np.abs(np.corrcoef(dropped.T) - np.eye(len(ORGANS))).max() < 0.35


def test_background_classes_of_a_map_are_no_labels_and_other_underscored_names_stay(case: Case) -> None:
    case.names.update({1: "_fat", 20: "_other"})
    given = scene(case, "synth2", dropped=1.0)
    assert drop.sample(given, np.random.default_rng(0)) == {"pasted": ["_other"], "dropped": ["liver", "vertebrae_L1"]}


def test_the_chance_of_one_label_leaves_the_others_as_they_were() -> None:
    plain, single = (
        drop.sample(many(settings), np.random.default_rng(3))["dropped"]
        for settings in (drop.Settings(0.5), drop.Settings(0.5, {"organ_02": 1.0}))
    )
    assert "organ_02" not in plain
    assert {*plain, "organ_02"} == set(single)


def test_a_targets_chance_is_that_of_its_parts_unless_they_have_their_own() -> None:
    settings = drop.Settings(0.5, {"kidneys": 0.1, "kidney_left": 0.9, "spleen": 0.2})
    targets = Targets({"kidneys": ["kidney_left", "kidney_right"], "liver": ["liver"]})
    assert settings.chances(targets) == {"kidney_left": 0.9, "kidney_right": 0.1, "spleen": 0.2}


def test_a_recipe_of_targets_alone_knows_no_other_label(case: Case) -> None:
    given = scene(case, "synth1", targets={"liver": ["liver"], "lungs": ["lung_left"]})
    assert drop.sample(given, np.random.default_rng(0)) == {"pasted": ["liver"], "dropped": []}


def test_what_grew_in_a_label_goes_with_it_and_takes_no_draw(case: Case) -> None:
    grown = replace(case, names={**case.names, 20: "liver_lesion"})
    for chance, kept, left in ((0.0, "pasted", "dropped"), (1.0, "dropped", "pasted")):
        given = scene(grown, "synth2", dropped=chance)
        given.grown["liver_lesion"] = Growth("liver", -50.0)
        drawn = drop.sample(given, np.random.default_rng(0))
        assert drawn == {kept: ["liver", "spleen", "vertebrae_L1", "liver_lesion"], left: []}


def test_pasted_labels_are_painted_and_dropped_ones_are_in_neither(case: Case) -> None:
    given = scene(case, "synth2", targets={"liver": ["liver"], "rest": ["spleen", "colon"]})
    drop.apply(given, {"pasted": ["colon", "liver"], "dropped": ["spleen", "vertebrae_L1"]})
    painted = given.painted
    assert np.array_equal(painted.numbers == painted.names.index("liver"), where(case, "liver"))
    assert np.array_equal(painted.numbers > 0, where(case, "liver") | where(case, "colon"))
    assert np.array_equal(given.target == 1, where(case, "liver"))
    assert np.array_equal(given.target == 2, where(case, "colon"))
