from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from labelct.priors import BACKGROUND_CLASSES, Priors, load_priors
from labelct.priors.table import parse_priors
from labelct.synthesis import intensity
from labelct.synthesis.scene import Growth, Scene
from tests.synthesis.cases import empty, scene

ORGANS = ["liver", "spleen", "aorta"]


def scene_of(labels: list[str], fill: dict[str, Any] | None = None, priors: Priors | None = None, **data: Any) -> Scene:
    given = scene(empty((1, 1, 1)), fill=intensity.Settings(**(fill or {})), priors=priors, **data)
    given.labels = labels
    return given


def classes_of(given: Scene, rng: np.random.Generator) -> dict[str, Any]:
    return intensity.sample(given, rng)["classes"]


def draw(number: int = 1500, fill: dict[str, Any] | None = None, **data: Any) -> dict[str, np.ndarray]:
    given, rng = scene_of(ORGANS, fill, **data), np.random.default_rng(0)
    volumes = [classes_of(given, rng) for _ in range(number)]
    return {name: np.array([volume[name]["hu"] for volume in volumes]) for name in (*BACKGROUND_CLASSES, *ORGANS)}


def test_organ_means_follow_the_prior() -> None:
    hu = draw()
    assert hu["liver"].mean() == pytest.approx(110, abs=2)
    assert hu["liver"].std() == pytest.approx(18, rel=0.06)
    assert abs(np.corrcoef(hu["liver"], hu["spleen"])[0, 1]) < 0.1


def test_voxel_spread_is_wider_and_fixed_has_none() -> None:
    assert draw(fill={"kind": "voxels"})["liver"].std() == pytest.approx(np.hypot(18, 15), rel=0.06)
    assert set(draw(5, fill={"kind": "fixed"})["liver"]) == {110.0}
    assert draw(fill={"spread": 2.0})["liver"].std() == pytest.approx(36, rel=0.06)


def test_uniform_needs_no_prior_and_fills_its_interval() -> None:
    given, rng = scene_of(["T2_lesion"], {"kind": "uniform", "hu": [0.0, 10.0]}), np.random.default_rng(0)
    drawn = [classes_of(given, rng)["T2_lesion"]["hu"] for _ in range(2000)]
    counts, _ = np.histogram(drawn, 5, (0.0, 10.0))
    assert counts.sum() == 2000
    assert counts.min() > 330


def test_a_mixture_draws_the_spread_too_and_uniform_does_not() -> None:
    uniform, mixture = (
        classes_of(scene_of(["a", "b"], {"kind": kind}), np.random.default_rng(0)) for kind in ("uniform", "mixture")
    )
    assert all(uniform[name]["hu"] == mixture[name]["hu"] for name in "ab")
    assert uniform["a"]["sd"] == uniform["b"]["sd"] == 22.5
    assert 5 <= mixture["a"]["sd"] != mixture["b"]["sd"] <= 40


def test_air_is_air_and_the_rest_has_its_own_spread() -> None:
    hu = draw(background_sd=5.0)
    assert set(hu["_air"]) == {-1000.0}
    assert hu["_fat"].std() == pytest.approx(5.0, rel=0.06)
    assert hu["_soft"].mean() == pytest.approx(48, abs=1)


def test_phases() -> None:
    assert draw(phase="native")["spleen"].mean() == pytest.approx(50, abs=2)
    mixed = draw(phase="mixed", enhancement_sd=0.2)
    assert np.corrcoef(mixed["aorta"], mixed["spleen"])[0, 1] > 0.4
    assert mixed["spleen"].std() == pytest.approx(18, rel=0.06)


def test_a_volume_tells_its_enhancement() -> None:
    factor = {
        phase: intensity.sample(scene_of([], phase=phase), np.random.default_rng(0))["enhancement"]
        for phase in ("portal", "native", "mixed")
    }
    assert (factor["portal"], factor["native"]) == (1.0, 0.0)
    assert factor["mixed"] == pytest.approx(1.0, abs=0.6)
    assert factor["mixed"] != 1.0


@pytest.mark.parametrize("kind", ["gaussian", "voxels", "fitted", "fixed"])
def test_a_class_without_a_prior_is_uniform_under_every_fill(kind: str) -> None:
    mine, uniform = (classes_of(scene_of(["tail"], {"kind": of}), np.random.default_rng(3)) for of in (kind, "uniform"))
    assert mine["tail"] == uniform["tail"]
    assert mine["_fat"] != uniform["_fat"]


def test_fitted_takes_the_histograms_that_there_are_and_a_normal_curve_for_the_others() -> None:
    header = "name,hu_pv_mean,hu_sd_between,hu_sd_texture,hu_native_mean,quantiles\n"
    mine = parse_priors(header + f"liver,100,5,10,50,{' '.join(map(str, range(57)))}\n", "mine")
    fitted = Priors({**load_priors().table, **mine.table}, "mine")
    drawn = classes_of(scene_of(["liver", "spleen"], {"kind": "fitted"}, fitted), np.random.default_rng(0))
    normal = classes_of(scene_of(["liver", "spleen"], {}, fitted), np.random.default_rng(0))
    assert drawn["liver"] == {**normal["liver"], "quantiles": list(range(57))}
    assert drawn["spleen"] == normal["spleen"]
    assert "quantiles" not in normal["liver"]


def test_what_has_hu_of_its_own_and_what_grew_in_a_label_come_last_and_draw_nothing() -> None:
    given, plain = scene_of(["liver"]), scene_of(["liver"])
    given.own_hu["colon:gas"] = {"hu": -880.0, "sd": 40.0}
    given.grown = {"liver_lesion": Growth("liver", -50.0), "other_lesion": Growth("pancreas", -50.0)}
    classes, alone = (classes_of(one, np.random.default_rng(0)) for one in (given, plain))
    assert list(classes) == [*alone, "colon:gas", "liver_lesion"]
    assert {name: classes[name] for name in alone} == alone
    assert classes["colon:gas"] == {"hu": -880.0, "sd": 40.0}
    assert classes["liver_lesion"] == {**classes["liver"], "hu": classes["liver"]["hu"] - 50.0}


def test_classes_of_the_params_become_those_of_the_scene() -> None:
    given, params = scene_of(["liver"]), {"enhancement": 1.0, "classes": {"liver": {"hu": 7.0, "sd": 2.0}}}
    intensity.apply(given, params)
    assert given.classes["liver"] == {"hu": 7.0, "sd": 2.0}


def test_every_phase_has_the_means_of_the_table() -> None:
    for phase, aorta in {"native": 42, "arterial": 320, "portal": 155, "delayed": 110}.items():
        assert set(draw(3, {"kind": "fixed"}, phase=phase)["aorta"]) == {float(aorta)}


def test_any_phase_runs_from_native_to_delayed_and_organs_follow_their_curves_together() -> None:
    given, rng = scene_of(["liver", "aorta"], {"kind": "fixed"}, phase="any"), np.random.default_rng(0)
    drawn = [intensity.sample(given, rng) for _ in range(2000)]
    times, factors = (np.array([one[name] for one in drawn]) for name in ("time", "enhancement"))
    assert [(times == end).mean() for end in (0.0, 3.0)] == pytest.approx([1 / 8, 1 / 8], abs=0.02)
    assert np.histogram(times, 3, (1e-9, 3 - 1e-9))[0] / 2000 == pytest.approx([1 / 4] * 3, abs=0.03)
    assert (factors.min(), factors.max()) == pytest.approx((0.75, 1.25), abs=0.01)
    for one in drawn[:20]:
        for name, curve in {"liver": (58, 80, 110, 92), "aorta": (42, 320, 155, 110)}.items():
            enhanced = np.interp(one["time"], range(4), curve) - curve[0]
            assert one["classes"][name]["hu"] == pytest.approx(curve[0] + one["enhancement"] * enhanced)
