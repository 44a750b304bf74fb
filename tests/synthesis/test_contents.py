from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from labelct.errors import SettingError
from labelct.synthesis import contents, intensity
from labelct.synthesis.case import Case
from labelct.synthesis.contents import REACHED, Settings
from labelct.synthesis.scene import Scene
from tests.synthesis.cases import empty, recipe, scene


def scene_of(labels: list[str], fill: intensity.Settings | None = None, **chosen: Any) -> Scene:
    given = scene(empty((1, 1, 1)), fill=fill, contents=Settings(**chosen))
    given.labels = labels
    given.classes = {name: {"hu": 35.0, "sd": 45.0} for name in labels}
    return given


def draws(given: Scene, number: int = 3000) -> list[dict[str, Any]]:
    rng = np.random.default_rng(0)
    return [contents.sample(given, rng) or {} for _ in range(number)]


def test_drinks_reach_their_share_of_the_hollow_organs() -> None:
    drawn = draws(scene_of(["duodenum", "liver"], water=0.3, contrast=0.4))
    held = [one["duodenum"] for one in drawn if one]
    assert len(held) / len(drawn) == pytest.approx(0.7 * REACHED, abs=0.02)
    bright = [spec["hu"] for spec in held if spec["hu"] >= 100.0]
    assert len(bright) / len(held) == pytest.approx(4 / 7, abs=0.03)
    assert min(bright) < 115.0
    assert 435.0 < max(bright) <= 450.0
    assert all(0.0 <= spec["hu"] <= 20.0 for spec in held if spec["hu"] < 100.0)
    assert not any("liver" in one for one in drawn)


def test_one_patient_drank_one_thing() -> None:
    for drawn in draws(scene_of(["duodenum", "small_bowel"], water=0.5, contrast=0.5), 200):
        levels = [spec["hu"] >= 100.0 for spec in drawn.values()]
        assert len(set(levels)) <= 1


def test_food_lies_in_the_stomach_and_not_in_the_small_bowel() -> None:
    drawn = draws(scene_of(["small_bowel", "stomach"], food=0.25))
    assert np.mean(["stomach" in one for one in drawn]) == pytest.approx(0.25, abs=0.03)
    assert not any("small_bowel" in one for one in drawn)


def test_there_are_none_by_default_and_where_no_prior_says_what_is_hollow() -> None:
    assert contents.sample(scene_of(["stomach"]), np.random.default_rng(0)) is None
    uniform = scene_of(["stomach"], intensity.Settings(kind="uniform"), water=1.0)
    assert contents.sample(uniform, np.random.default_rng(0)) is None


def test_more_than_all_cannot_have_drunk() -> None:
    with pytest.raises(SettingError, match=r"contents\.water"):
        Settings(water=0.7, contrast=0.4)


def test_they_are_painted_and_replayed(case: Case) -> None:
    made = recipe("synth2", contents=Settings(contrast=1.0), fill=intensity.Settings("fixed", gas=False))
    plain = recipe("synth2", fill=intensity.Settings("fixed", gas=False))
    seed = next(s for s in range(20) if made.draw(case, np.random.default_rng(s)).params["contents"])
    ours, theirs = (one.draw(case, np.random.default_rng(seed)) for one in (made, plain))
    colon = case.label_map == 20
    assert set(np.unique(ours.volume[colon])) == {np.float32(ours.params["contents"]["colon"]["hu"])}
    np.testing.assert_array_equal(ours.volume[~colon], theirs.volume[~colon])
    np.testing.assert_array_equal(made.apply(case, ours.params).volume, ours.volume)
