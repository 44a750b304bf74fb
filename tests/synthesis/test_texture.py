from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from labelct.errors import InputError
from labelct.synthesis import texture
from labelct.synthesis.bank import Bank, contrast, make_bank, make_white
from labelct.synthesis.scene import Scene
from labelct.synthesis.texture import Settings, sample_clip, textured
from tests.synthesis.cases import BANK, empty, scene

CLASSES = {"_air": {"hu": -1000.0, "sd": 0.0}, "_fat": {"hu": -100.0, "sd": 9.0}, "liver": {"hu": 60.0, "sd": 10.0}}


def scene_of(kind: str, background: Any = None, **chosen: Any) -> Scene:
    given = scene(empty((1, 1, 1)), kind, **chosen)
    given.classes, given.drawn["background"] = dict(CLASSES), background or {}
    return given


def sample(kind: str, background: Any = None, **chosen: Any) -> dict[str, Any]:
    return texture.sample(scene_of(kind, background, **chosen), np.random.default_rng(0))


def test_draws_stay_inside_the_clip(bank: Bank) -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        drawn = sample_clip(bank, Settings(direction="any", stride=3, scale=[0.5, 2.0]), rng)
        assert all(0 <= s < n for s, n in zip(drawn["start"], bank.shapes[drawn["clip"]], strict=True))
        assert sorted(drawn["axes"]) == [0, 1, 2]
        assert 0.5 <= abs(drawn["step"][1]) <= 2.0
        assert abs(drawn["step"][0]) in (1, 2, 3)


def test_time_runs_along_z_unless_any_axis_may_have_it(bank: Bank) -> None:
    rng = np.random.default_rng(0)
    assert {tuple(sample_clip(bank, Settings(), rng)["axes"]) for _ in range(20)} == {(2, 1, 0)}
    assert len({tuple(sample_clip(bank, Settings(direction="any"), rng)["axes"]) for _ in range(60)}) == 6


def test_starts_with_contrast_are_preferred() -> None:
    clip = np.full((4, 64, 200), 90, np.uint8)
    clip[:, :, 150:] = np.random.default_rng(0).integers(0, 256, (4, 64, 50))
    bank, rng = make_bank([clip], ["mostly flat"]), np.random.default_rng(0)
    busy = [contrast(bank, sample_clip(bank, Settings(), rng)) >= 6 for _ in range(100)]
    assert np.mean(busy) > 0.9


def test_an_empty_bank_stands_for_white_noise_of_a_seed() -> None:
    assert set(sample_clip(make_white(), Settings(), np.random.default_rng(0))) == {"seed"}


@pytest.mark.parametrize(
    ("kind", "chosen", "has_clip"),
    [
        ("synth2", {"background_texture": True}, set()),
        ("synth3", {}, {"liver"}),
        ("synth3", {"background_texture": True}, {"_fat", "liver"}),
        ("synth3", {"clips": "none"}, set()),
        ("synth1", {}, set()),
        ("synth1", {"background_texture": True}, {"_fat"}),
        ("synthseg", {"clips": "none"}, {"_fat", "liver"}),
    ],
)
def test_a_recipe_says_which_classes_get_a_clip(kind: str, chosen: dict[str, Any], has_clip: set[str]) -> None:
    drawn = sample(kind, **chosen)
    assert set(drawn["clips"]) == has_clip
    assert drawn["bank"] == (BANK.digest if has_clip and kind != "synthseg" else None)


@pytest.mark.parametrize("clips", ["stills", "none"])
def test_the_body_of_the_first_recipe_always_has_one(clips: str) -> None:
    assert set(sample("synth1", {"histogram": "builtin"}, clips=clips)["clips"]) == {"_body"}


def test_white_noise_needs_no_bank() -> None:
    drawn = sample("synth3", clips="white")
    assert set(drawn["clips"]["liver"]) == {"seed"}
    assert drawn["bank"] is None


def test_a_class_that_is_added_leaves_the_clips_of_the_others() -> None:
    more = scene_of("synth3")
    more.classes["spleen"] = {"hu": 50.0, "sd": 5.0}
    drawn = texture.sample(more, np.random.default_rng(0))
    assert drawn["clips"]["liver"] == sample("synth3")["clips"]["liver"] != drawn["clips"]["spleen"]


def test_the_strength_scales_a_standard_deviation_where_there_is_one() -> None:
    assert textured(CLASSES["liver"], {"seed": 1}, 0.5) == {"hu": 60.0, "sd": 5.0, "clip": {"seed": 1}}
    assert textured({"histogram": "builtin"}, {"seed": 1}, 0.5) == {"histogram": "builtin", "clip": {"seed": 1}}


def test_distractors_are_cut_from_the_bank_too() -> None:
    given = scene_of("synth2")
    given.drawn["distractors"] = {"classes": {"_lung": {"hu": 0.0, "sd": 1.0, "clip": {"clip": 0}}}}
    assert texture.sample(given, np.random.default_rng(0))["bank"] == BANK.digest


def test_another_bank_is_refused() -> None:
    with pytest.raises(InputError, match=r"texture bank: is .*, but the volume was drawn from 0123"):
        texture.apply(scene_of("synth3"), {"clips": {}, "strength": 1.0, "bank": "0123"})
