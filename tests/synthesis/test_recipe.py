from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from labelct.synthesis.anatomy_settings import DeformSettings
from labelct.synthesis.priors import REST_CLASSES

from labelct.errors import InputError
from labelct.synthesis.bank import Bank, make_bank, make_white
from labelct.synthesis.recipe import sample_recipe, synthesize
from labelct.synthesis.settings import DataSettings, DropSettings, FillSettings, TextureSettings
from tests.synthesis.cases import Case

TARGETS = {"liver": ["liver"], "rest": ["spleen", "colon"]}
RECIPES = ("synth1", "synth2", "synth3", "synthseg")
BANK = make_bank([np.random.default_rng(0).integers(0, 256, (5, 12, 9)).astype(np.uint8)], ["one"])
CLIPS = TextureSettings(kind="stills")
KEPT = {
    "synth1": "1cb720f318a41602",
    "synth2": "530c427e44305841",
    "synth3": "ac812488c6a53f1b",
    "synthseg": "a90c64761a71191f",
}


def draw(
    case: Case, bank: Bank = BANK, seed: int = 1, drop: float = 0.0, fill: Any = None, **data: Any
) -> dict[str, Any]:
    what = (case.label_map, case.spacing, case.names, TARGETS)
    how = (DataSettings(**data), fill or FillSettings(), CLIPS, DropSettings(drop), bank)
    return sample_recipe(*what, *how, np.random.default_rng(seed))


def make(case: Case, params: dict[str, Any], bank: Bank = BANK, **more: Any) -> tuple[np.ndarray, np.ndarray]:
    return synthesize(case.label_map, case.spacing, case.names, TARGETS, params, bank, **more)


@pytest.mark.parametrize("kind", RECIPES)
def test_a_manifest_line_makes_the_same_bits_again(case: Case, kind: str) -> None:
    params = draw(case, kind=kind, drop=0.3)
    volume, target = make(case, params)
    again, again_target = make(case, json.loads(json.dumps(params)), threads=3)
    assert volume.dtype == np.float32
    assert volume.flags.c_contiguous
    assert volume.tobytes() == again.tobytes()
    assert np.array_equal(target, again_target)
    other, _ = make(case, draw(case, kind=kind, drop=0.3, seed=2))
    assert not np.array_equal(volume, other)


@pytest.mark.parametrize(("kind", "digest"), KEPT.items())
def test_a_seed_keeps_the_volume_that_it_had_when_sets_were_made(case: Case, kind: str, digest: str) -> None:
    volume, target = make(case, draw(case, kind=kind, drop=0.3, seed=5))
    assert hashlib.sha256(volume.tobytes() + target.tobytes()).hexdigest()[:16] == digest


def test_targets_are_numbered_in_their_order(case: Case) -> None:
    _, target = make(case, draw(case, kind="synth2"))
    assert np.array_equal(target == 1, case.where("liver"))
    assert np.array_equal(target == 2, case.where("spleen") | case.where("colon"))


@pytest.mark.parametrize("kind", RECIPES)
def test_a_dropped_label_is_in_neither(case: Case, kind: str) -> None:
    kept, dropped = draw(case, kind=kind), draw(case, kind=kind, drop=1.0)
    assert dropped["dropped"] == kept["pasted"]
    _, target = make(case, dropped)
    assert not target.any()


def test_completion_shows_where_a_label_was_dropped(case: Case) -> None:
    params = draw(case, kind="synth2", drop=1.0)
    volume, _ = make(case, params)
    rest = {np.float32(params["classes"][name]["hu"]) for name in REST_CLASSES}
    assert set(np.unique(volume)) <= rest


def test_synth1_pastes_constant_targets_into_a_cylinder(case: Case) -> None:
    params = draw(case, kind="synth1")
    volume, target = make(case, params)
    assert params["pasted"] == ["colon", "liver", "spleen"]
    assert np.unique(volume[target == 1]).tolist() == [np.float32(params["classes"]["liver"]["hu"])]
    assert (volume[0, 0] == -1000).all()
    inside = volume[(volume != -1000) & (target == 0)]
    assert len(np.unique(inside)) > 30


def test_synth2_is_constant_within_every_class(case: Case) -> None:
    params = draw(case, kind="synth2", fill=FillSettings(gas=False))
    volume, _ = make(case, params)
    drawn = {np.float32(spec["hu"]) for spec in params["classes"].values()}
    assert set(np.unique(volume)) <= drawn
    assert (volume[case.where("liver")] == np.float32(params["classes"]["liver"]["hu"])).all()


def test_synth3_gives_every_label_its_mean_and_spread(case: Case) -> None:
    params = draw(case, kind="synth3", fill=FillSettings(gas=False))
    volume, _ = make(case, params)
    for name in ("liver", "spleen", "colon"):
        spec, voxels = params["classes"][name], volume[case.where(name)]
        assert voxels.mean() == pytest.approx(spec["hu"], abs=0.1 * spec["sd"])
        assert voxels.std() == pytest.approx(spec["sd"], rel=0.1)
    assert len(np.unique(volume[(case.label_map == 0) & (volume > -300)])) == 2


def test_a_flat_clip_gives_way_to_noise_of_the_organs_spread(case: Case) -> None:
    clip = np.full((4, 12, 12), 90, np.uint8)
    clip[0, 0, 0] = 91
    bank = make_bank([clip], ["flat"])
    params = draw(case, bank, kind="synth3", fill=FillSettings(gas=False))
    volume, _ = make(case, params, bank)
    assert volume.tobytes() == make(case, json.loads(json.dumps(params)), bank, threads=3)[0].tobytes()
    for name in ("liver", "spleen", "colon"):
        spec, voxels = params["classes"][name], volume[case.where(name)]
        assert voxels.mean() == pytest.approx(spec["hu"], abs=0.1)
        assert voxels.std() == pytest.approx(spec["sd"], rel=0.01)


def test_one_voxel_is_an_organ_too(case: Case) -> None:
    case.names[7] = "duodenum"
    case.label_map[0, 0, 0] = 7
    for kind in RECIPES[1:]:
        params = draw(case, kind=kind, fill=FillSettings(gas=False))
        volume, _ = make(case, params)
        assert volume[0, 0, 0] == pytest.approx(params["classes"]["duodenum"]["hu"], abs=0.01)


def test_the_rest_may_have_a_texture_too(case: Case) -> None:
    volume, _ = make(case, draw(case, kind="synth3", rest_texture=True))
    assert len(np.unique(volume[(case.label_map == 0) & (volume > -300)])) > 20


@pytest.mark.parametrize("kind", ["synth1", "synth2"])
def test_constant_organs_are_constant_under_every_texture(case: Case, kind: str) -> None:
    what, white = (case.label_map, case.spacing, case.names, TARGETS), TextureSettings(kind="white")
    how = (DataSettings(kind=kind), FillSettings(), white, DropSettings(0.0), make_white())
    volume, target = synthesize(*what, sample_recipe(*what, *how, np.random.default_rng(0)), make_white())
    assert len(np.unique(volume[target == 1])) == 1


def test_synthseg_needs_no_prior_and_gives_every_voxel_noise(case: Case) -> None:
    case.names[5] = "Leber"
    params = draw(case, kind="synthseg")
    volume, _ = make(case, params)
    spec, liver = params["classes"]["Leber"], volume[case.where("Leber")]
    assert 5 <= spec["sd"] <= 40
    assert liver.mean() == pytest.approx(spec["hu"], abs=0.1)
    again, _ = make(case, {**params, "classes": {n: {**s, "clip": {"seed": 9}} for n, s in params["classes"].items()}})
    assert not np.array_equal(volume, again)
    assert abs(np.corrcoef(liver[1:], liver[:-1])[0, 1]) < 0.15


def test_hollow_organs_hold_gas_above_contents(case: Case) -> None:
    params = draw(case, kind="synth2")
    volume, target = make(case, params)
    colon = case.where("colon")
    fraction = params["gas"]["colon"]["fraction"]
    assert (volume[colon] < -500).mean() == pytest.approx(fraction, abs=0.01)
    assert (target[colon] == 2).all()


def test_changing_the_drop_leaves_the_other_draws(case: Case) -> None:
    kept, dropped = draw(case, kind="synth3"), draw(case, kind="synth3", drop=0.7)
    assert kept["dropped"] != dropped["dropped"]
    assert {**kept, "dropped": 0, "pasted": 0} == {**dropped, "dropped": 0, "pasted": 0}


def test_recipes_of_one_seed_share_their_organ_means(case: Case) -> None:
    constant, textured = draw(case, kind="synth2"), draw(case, kind="synth3")
    assert constant["body"] == textured["body"]
    assert all(constant["classes"][name]["hu"] == spec["hu"] for name, spec in textured["classes"].items())


def test_completion_classes_in_the_map_are_rest_and_no_labels(case: Case) -> None:
    case.names |= {60: "_fat", 61: "_soft"}
    case.label_map[case.label_map == 0] = 60
    params = draw(case, kind="synth2", drop=1.0)
    assert params["body"]["kind"] == "labels"
    assert "_fat" not in params["dropped"]
    volume, _ = make(case, params)
    assert set(np.unique(volume[case.label_map == 60])) == {np.float32(params["classes"]["_fat"]["hu"])}
    assert set(np.unique(volume[case.where("liver")])) == {np.float32(params["classes"]["_soft"]["hu"])}


def test_clinical_is_the_ct_with_the_labels(case: Case) -> None:
    ct = np.random.default_rng(0).normal(size=case.label_map.shape).astype(np.float32)
    params = draw(case, kind="clinical", drop=1.0)
    volume, target = make(case, params, ct=ct)
    assert np.array_equal(volume, ct)
    assert np.array_equal(target == 1, case.where("liver"))
    with pytest.raises(InputError, match="has no CT"):
        make(case, params)


def test_another_bank_is_refused_where_one_is_used(case: Case) -> None:
    with pytest.raises(InputError, match="texture bank"):
        make(case, draw(case, kind="synth3"), make_white())
    make(case, draw(case, kind="synth2"), make_white())


def test_deformed_volumes_have_deformed_targets(case: Case) -> None:
    bent = DeformSettings(rotation_deg=15.0, elastic_mm=6.0, flip=1.0)
    params = draw(case, kind="synth2", deform=bent)
    volume, target = make(case, json.loads(json.dumps(params)))
    assert np.array_equal(target == 1, volume == np.float32(params["classes"]["liver"]["hu"]))
    assert not np.array_equal(target == 1, case.where("liver"))
    assert {**draw(case, kind="synth2"), "deform": 0, "body": 0} == {**params, "deform": 0, "body": 0}


def test_a_mirror_image_has_its_target_on_the_other_side(case: Case) -> None:
    case.names = {1: "kidney_left", 5: "kidney_right", 20: "colon", 31: "vertebrae_L1"}
    what, bent = (case.label_map, case.spacing, case.names, {"right": ["kidney_right"]}), DeformSettings(flip=1.0)
    how = (DataSettings(kind="synth2", deform=bent), FillSettings(), CLIPS, DropSettings(0.0), BANK)
    _, target = synthesize(*what, sample_recipe(*what, *how, np.random.default_rng(0)), BANK)
    assert np.array_equal(target == 1, (case.label_map == 1)[::-1])


def test_a_value_without_name_is_refused(case: Case) -> None:
    case.label_map[0, 0, 0] = 77
    with pytest.raises(InputError, match="value 77 has no name"):
        draw(case)


def test_an_unknown_class_is_refused(case: Case) -> None:
    case.names[5] = "Leber"
    with pytest.raises(InputError, match=r"'Leber'.*known names: spleen"):
        draw(case)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from([np.uint8, np.uint16, np.int32, np.int64]),
    st.sampled_from(RECIPES),
    st.tuples(st.integers(1, 7), st.integers(1, 7), st.integers(1, 7)),
    st.tuples(st.floats(0.3, 9), st.floats(0.3, 9), st.floats(0.3, 9)),
    st.data(),
)
def test_any_label_map_makes_a_finite_volume(
    dtype: Any, kind: str, shape: tuple[int, int, int], spacing: tuple[float, float, float], data: Any
) -> None:
    values = {1: "spleen", 5: "liver", 20: "colon", 200: "vertebrae_L1"}
    if np.iinfo(dtype).max > 70000:
        values[70000] = "aorta"
    label_map = data.draw(arrays(dtype, shape, elements=st.sampled_from([0, *values])))
    case = Case(label_map, spacing, values)
    volume, target = make(case, draw(case, kind=kind))
    assert volume.shape == target.shape == shape
    assert np.isfinite(volume).all()
    assert volume.min() >= -1024
    assert np.array_equal(target == 1, label_map == 5)


def test_large_values_are_the_same_as_small_ones(case: Case) -> None:
    large = Case(case.label_map.astype(np.int32) * 100000, case.spacing, {v * 100000: n for v, n in case.names.items()})
    small_volume, small_target = make(case, draw(case, kind="synth3"))
    volume, target = make(large, draw(large, kind="synth3"))
    assert np.array_equal(volume, small_volume)
    assert np.array_equal(target, small_target)
