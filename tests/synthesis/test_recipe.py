from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labelct.errors import InputError
from labelct.priors import BACKGROUND_CLASSES
from labelct.synthesis import deformation, drop, intensity, lesions, subclasses, texture
from labelct.synthesis.bank import Bank, make_bank, make_white
from labelct.synthesis.case import Case
from labelct.synthesis.recipe import Recipe, Synthetic, streams
from labelct.synthesis.recipes import INGREDIENTS, RECIPES
from labelct.synthesis.settings import DataSettings
from labelct.targets import Targets
from tests.synthesis.cases import BANK, NO_GAS, PAINTED, TARGETS, recipe, threads, where
from tests.synthesis.distractors.torso import EVERYTHING

KEPT = {
    "synth1": "5e02efb529f90706",
    "synth2": "530c427e44305841",
    "synth3": "ac812488c6a53f1b",
    "synthseg": "a90c64761a71191f",
}


def draw(case: Case, kind: str, seed: int = 1, **chosen: Any) -> dict[str, Any]:
    return recipe(kind, **chosen).sample(case, np.random.default_rng(seed))


def make(case: Case, kind: str, params: dict[str, Any], bank: Bank = BANK) -> Synthetic:
    return recipe(kind, bank=bank).apply(case, params)


def paint(case: Case, kind: str, seed: int = 1, **chosen: Any) -> Synthetic:
    return recipe(kind, **chosen).draw(case, np.random.default_rng(seed))


def hu(painted: Synthetic, name: str) -> np.float32:
    return np.float32(painted.params["intensity"]["classes"][name]["hu"])


@pytest.mark.parametrize("kind", PAINTED)
def test_a_manifest_line_makes_the_same_bits_again(case: Case, kind: str) -> None:
    params = draw(case, kind, dropped=0.3)
    with threads(1):
        painted = make(case, kind, params)
    with threads(3):
        again = make(case, kind, json.loads(json.dumps(params, sort_keys=True)))
    assert painted.volume.dtype == np.float32
    assert painted.volume.flags.c_contiguous
    assert painted.volume.tobytes() == again.volume.tobytes()
    assert np.array_equal(painted.target, again.target)
    assert not np.array_equal(painted.volume, paint(case, kind, 2, dropped=0.3).volume)


@pytest.mark.parametrize("kind", [*PAINTED, "clinical"])
def test_drawing_is_sampling_and_applying_in_one(case: Case, kind: str) -> None:
    scanned = replace(case, ct=np.random.default_rng(0).normal(0, 90, case.label_map.shape).astype(np.float32))
    chosen = {
        "dropped": 0.3,
        "deformation": deformation.Settings(rotation_deg=10, elastic_mm=5, flip_probability=0.5),
        "lesions": lesions.Settings(host="liver", count=[2, 3]),
        "distractors": EVERYTHING,
        "subclasses": subclasses.Settings(count=2),
    }
    both, params = paint(scanned, kind, **chosen), draw(scanned, kind, **chosen)
    apart = recipe(kind, **chosen).apply(scanned, json.loads(json.dumps(params, sort_keys=True)))
    assert both.params == params == apart.params
    assert both.volume.tobytes() == apart.volume.tobytes()
    assert np.array_equal(both.target, apart.target)
    assert np.array_equal(both.anatomy.label_map, apart.anatomy.label_map)
    assert both.anatomy.names == apart.anatomy.names


@pytest.mark.parametrize(("kind", "digest"), KEPT.items())
def test_a_seed_keeps_the_volume_that_it_had_when_sets_were_made(case: Case, kind: str, digest: str) -> None:
    painted = make(case, kind, draw(case, kind, 5, dropped=0.3))
    assert hashlib.sha256(painted.volume.tobytes() + painted.target.tobytes()).hexdigest()[:16] == digest


def test_targets_are_numbered_in_their_order(case: Case) -> None:
    target = paint(case, "synth2").target
    assert np.array_equal(target == 1, where(case, "liver"))
    assert np.array_equal(target == 2, where(case, "spleen") | where(case, "colon"))


@pytest.mark.parametrize("kind", PAINTED)
def test_a_dropped_label_is_in_neither(case: Case, kind: str) -> None:
    kept, dropped = draw(case, kind), draw(case, kind, dropped=1.0)
    assert dropped["drop"]["dropped"] == kept["drop"]["pasted"]
    assert not make(case, kind, dropped).target.any()


def test_background_shows_where_a_label_was_dropped(case: Case) -> None:
    painted = paint(case, "synth2", dropped=1.0)
    assert set(np.unique(painted.volume)) <= {hu(painted, name) for name in BACKGROUND_CLASSES}


def test_a_flat_clip_gives_way_to_noise_of_the_organs_spread(case: Case) -> None:
    clip = np.full((4, 12, 12), 90, np.uint8)
    clip[0, 0, 0] = 91
    bank = make_bank([clip], ["flat"])
    with threads(1):
        painted = paint(case, "synth3", bank=bank, fill=NO_GAS)
    with threads(3):
        again = make(case, "synth3", json.loads(json.dumps(painted.params)), bank)
    assert painted.volume.tobytes() == again.volume.tobytes()
    for name in ("liver", "spleen", "colon"):
        spec, voxels = painted.params["intensity"]["classes"][name], painted.volume[where(case, name)]
        assert voxels.mean() == pytest.approx(spec["hu"], abs=0.1)
        assert voxels.std() == pytest.approx(spec["sd"], rel=0.01)


def test_one_voxel_is_an_organ_too(case: Case) -> None:
    case.names[7] = "duodenum"
    case.label_map[0, 0, 0] = 7
    for kind in PAINTED[1:]:
        painted = paint(case, kind, fill=NO_GAS)
        assert painted.volume[0, 0, 0] == pytest.approx(hu(painted, "duodenum"), abs=0.01)


def test_hollow_organs_hold_gas_above_contents(case: Case) -> None:
    painted = paint(case, "synth2")
    colon, fraction = where(case, "colon"), painted.params["gas"]["colon"]["fraction"]
    assert (painted.volume[colon] < -500).mean() == pytest.approx(fraction, abs=0.01)
    assert (painted.target[colon] == 2).all()


def test_changing_the_drop_leaves_the_other_draws(case: Case) -> None:
    kept, dropped = draw(case, "synth3"), draw(case, "synth3", dropped=0.7)
    assert kept["drop"] != dropped["drop"]
    assert {**kept, "drop": 0} == {**dropped, "drop": 0}


def test_an_ingredient_that_is_added_leaves_the_draws_of_the_others(case: Case, monkeypatch: Any) -> None:
    plain = draw(case, "synth3", dropped=0.3)
    haze = SimpleNamespace(sample=lambda scene, rng: float(rng.random()), apply=lambda scene, params: None)
    for place in range(len(INGREDIENTS) + 1):
        names = list(INGREDIENTS)
        names.insert(place, "haze")
        with_haze = replace(RECIPES["synth3"], ingredients={name: INGREDIENTS.get(name, haze) for name in names})
        monkeypatch.setitem(RECIPES, "synth3", with_haze)
        more = draw(case, "synth3", dropped=0.3)
        assert list(more) == names
        assert {name: more[name] for name in plain} == plain
    volume = paint(case, "synth3", dropped=0.3)
    monkeypatch.undo()
    assert volume.volume.tobytes() == paint(case, "synth3", dropped=0.3).volume.tobytes()


def test_streams_are_told_apart_by_name_seed_and_turn() -> None:
    rng, names = np.random.default_rng([1, 2]), ["haze", "drop", "smoke"]
    drawn = [{name: stream.random() for name, stream in streams(rng, names).items()} for _ in range(2)]
    other = {name: stream.random() for name, stream in streams(np.random.default_rng([1, 3]), names).items()}
    assert len({value for turn in (*drawn, other) for value in turn.values()}) == 9
    again = {name: stream.random() for name, stream in streams(np.random.default_rng([1, 2]), names[::-1]).items()}
    assert again == drawn[0]


def test_background_classes_in_the_map_are_background_and_no_labels(case: Case) -> None:
    case.names.update({60: "_fat", 61: "_soft"})
    case.label_map[case.label_map == 0] = 60
    painted = paint(case, "synth2", dropped=1.0)
    assert painted.params["background"]["kind"] == "labels"
    assert "_fat" not in painted.params["drop"]["dropped"]
    assert set(np.unique(painted.volume[case.label_map == 60])) == {hu(painted, "_fat")}
    assert set(np.unique(painted.volume[where(case, "liver")])) == {hu(painted, "_soft")}


def test_clinical_is_the_ct_with_the_labels(case: Case) -> None:
    ct = np.random.default_rng(0).normal(size=case.label_map.shape).astype(np.float32)
    params = draw(case, "clinical", dropped=1.0)
    painted = make(replace(case, ct=ct), "clinical", params)
    assert np.array_equal(painted.volume, ct)
    assert np.array_equal(painted.target == 1, where(case, "liver"))
    with pytest.raises(InputError, match="has no CT"):
        make(case, "clinical", params)


def test_another_bank_is_refused_where_one_is_used(case: Case) -> None:
    with pytest.raises(InputError, match="texture bank"):
        make(case, "synth3", draw(case, "synth3"), make_white())
    make(case, "synth2", draw(case, "synth2"), make_white())


def test_deformed_volumes_have_deformed_targets(case: Case) -> None:
    bent = deformation.Settings(rotation_deg=15.0, elastic_mm=6.0, flip_probability=1.0)
    params = draw(case, "synth2", deformation=bent)
    painted = make(case, "synth2", json.loads(json.dumps(params, sort_keys=True)))
    assert np.array_equal(painted.target == 1, painted.volume == hu(painted, "liver"))
    assert not np.array_equal(painted.target == 1, where(case, "liver"))
    plain = draw(case, "synth2")
    assert {**plain, "deformation": 0, "background": 0} == {**params, "deformation": 0, "background": 0}


def test_a_mirror_image_has_its_target_on_the_other_side(case: Case) -> None:
    case.names.update({1: "kidney_left", 5: "kidney_right"})
    painted = paint(
        case, "synth2", targets={"right": ["kidney_right"]}, deformation=deformation.Settings(flip_probability=1.0)
    )
    assert np.array_equal(painted.target == 1, (case.label_map == 1)[::-1])


def test_the_anatomy_is_what_was_painted(case: Case) -> None:
    grow, bent = lesions.Settings(host="liver", count=[2, 3]), deformation.Settings(rotation_deg=15.0)
    painted = paint(case, "synth2", lesions=grow, deformation=bent, fill=NO_GAS)
    for name in ("liver", "spleen", "liver_lesion"):
        assert np.array_equal(where(painted.anatomy, name), painted.volume == hu(painted, name))


def test_a_value_without_name_is_refused(case: Case) -> None:
    case.label_map[0, 0, 0] = 77
    with pytest.raises(InputError, match="value 77 has no name"):
        draw(case, "synth3")


def test_a_class_without_a_prior_is_drawn_as_a_uniform_fill_does_and_leaves_the_others_as_they_are(case: Case) -> None:
    def classes(**fill: Any) -> Any:
        return draw(case, "synth3", **fill)["intensity"]["classes"]

    known = classes()
    case.names[5] = "organ of mine"
    mine, uniform = classes(), classes(fill=intensity.Settings("uniform"))
    assert mine["organ of mine"] == uniform["organ of mine"]
    assert {name: spec for name, spec in mine.items() if name in known} == {
        name: spec for name, spec in known.items() if name in mine
    }


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from([np.uint8, np.uint16, np.int32, np.int64]),
    st.sampled_from(PAINTED),
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
    painted = paint(Case(label_map, spacing, values), kind)
    assert painted.volume.shape == painted.target.shape == shape
    assert np.isfinite(painted.volume).all()
    assert painted.volume.min() >= -1024
    assert np.array_equal(painted.target == 1, label_map == 5)


def test_large_values_are_the_same_as_small_ones(case: Case) -> None:
    large = Case(case.label_map.astype(np.int32) * 100000, case.spacing, {v * 100000: n for v, n in case.names.items()})
    small, painted = paint(case, "synth3"), paint(large, "synth3")
    assert np.array_equal(painted.volume, small.volume)
    assert np.array_equal(painted.target, small.target)


def test_a_recipe_loads_clips_only_where_they_are_cut() -> None:
    clips = texture.Settings(kind="noise", size=16, frames=2, clips=1)
    for kind, number in (("clinical", 0), ("synth1", 1), ("synth2", 0), ("synth3", 1), ("synthseg", 0)):
        made = Recipe.of(DataSettings(kind), intensity.Settings(), clips, drop.Settings(), Targets(TARGETS))
        assert len(made.bank) == number
        assert made.priors["liver"].hu_pv_mean == 110


@pytest.mark.parametrize(
    ("kind", "fill", "is_ct"),
    [
        ("clinical", "uniform", True),
        ("synth3", "gaussian", True),
        ("synth3", "uniform", False),
        ("synthseg", "gaussian", False),
    ],
)
def test_hu_are_those_of_ct_where_they_follow_priors(kind: str, fill: str, is_ct: bool) -> None:
    assert recipe(kind, fill=intensity.Settings(kind=fill)).hu_is_ct is is_ct


def test_a_recipe_knows_whether_it_looks_at_the_ct() -> None:
    assert recipe("clinical").reads_ct()
    assert recipe("synth3").reads_ct()
    assert not recipe("synth1").reads_ct()
    assert recipe("synth1", subclasses=subclasses.Settings(count=3)).reads_ct()


def test_without_drop_every_label_is_pasted(case: Case) -> None:
    whole = recipe("synth2", dropped=drop.Settings(1.0, {"liver": 1.0})).without_drop()
    assert whole.sample(case, np.random.default_rng(0))["drop"]["dropped"] == []
