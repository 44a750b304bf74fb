from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from labelct.errors import SettingError
from labelct.synthesis import distractors
from labelct.synthesis.case import Case
from tests.synthesis.cases import recipe, where
from tests.synthesis.distractors.torso import EVERYTHING, draw, soft_tissue, torso

AROUND = ("_foam", "_shell", "_arm", "_arm_bone")


def placed(drawn: Any) -> tuple[np.ndarray, dict[str, int]]:
    given = torso(EVERYTHING)
    distractors.apply(given, drawn)
    return given.background.numbers, {name: number for number, name in enumerate(given.background.names)}


def test_no_chance_places_nothing() -> None:
    given = torso(distractors.Settings())
    background = given.background
    assert distractors.sample(given, np.random.default_rng(0)) is None
    distractors.apply(given, None)
    assert given.background is background


def test_what_is_drawn_survives_json_and_gives_the_same_voxels() -> None:
    drawn = draw(EVERYTHING)
    first, number = placed(drawn)
    again, _ = placed(json.loads(json.dumps(drawn)))
    np.testing.assert_array_equal(first, again)
    assert set(number) - {"_air", "_fat", "_soft"} == set(drawn["classes"])
    assert len(set(np.unique(first))) > 8


def test_the_air_around_holds_couch_and_arms_alone() -> None:
    found, number = placed(draw(EVERYTHING))
    inside, outside = soft_tissue() > 0, [number[name] for name in AROUND]
    assert set(np.unique(found[~inside])) <= {0, *outside}
    assert not np.isin(found[inside], outside).any()
    assert not (found[inside] == 0).any()


def test_without_a_body_nothing_is_placed() -> None:
    given = torso(EVERYTHING)
    given.background.numbers[...] = 0
    distractors.apply(given, draw(EVERYTHING))
    assert not given.background.numbers.any()


def test_what_the_map_has_is_not_placed_again() -> None:
    drawn = draw(EVERYTHING, "lung_lower_lobe_left", "vertebrae_L1", "rib_left_5")
    assert not {"lungs", "spine", "ribs"} & set(drawn)
    assert {"couch", "arms"} <= set(drawn)


def test_switching_one_body_off_leaves_the_others_as_they_were() -> None:
    everything, fewer = (
        draw(EVERYTHING),
        draw(distractors.Settings(spine_probability=1, couch_probability=1, blobs=[6, 6])),
    )
    assert fewer["spine"] == everything["spine"]
    assert fewer["blobs"] == everything["blobs"]
    assert fewer["classes"]["_blob_3"] == everything["classes"]["_blob_3"]


@pytest.mark.parametrize(("kind", "textured"), [("synth1", True), ("synth2", False), ("synth3", True)])
def test_they_have_a_texture_wherever_the_recipe_has_any(kind: str, textured: bool) -> None:
    given = torso(EVERYTHING, kind=kind)
    drawn = distractors.sample(given, np.random.default_rng(0))
    assert {"clip" in spec for spec in drawn["classes"].values()} == {textured}


@pytest.mark.parametrize("kind", ["synth1", "synth2", "synth3", "synthseg"])
def test_no_label_is_covered_and_no_target_added(case: Case, bank: Any, kind: str) -> None:
    with_them, without = (
        recipe(kind, targets={"liver": ["liver"]}, bank=bank, distractors=settings).draw(case, np.random.default_rng(3))
        for settings in (EVERYTHING, distractors.Settings())
    )
    np.testing.assert_array_equal(with_them.target, without.target)
    labelled = where(case, "liver")
    np.testing.assert_array_equal(with_them.volume[labelled], without.volume[labelled])
    assert not np.array_equal(with_them.volume, without.volume)
    replayed = recipe(kind, targets={"liver": ["liver"]}, bank=bank).apply(case, with_them.params)
    np.testing.assert_array_equal(replayed.volume, with_them.volume)


@pytest.mark.parametrize(("name", "value"), [("lungs_probability", 1.5), ("blobs", [3, 1]), ("radius_mm", [0.0, 5.0])])
def test_settings_are_checked(name: str, value: Any) -> None:
    with pytest.raises(SettingError, match=name):
        distractors.Settings(**{name: value})
