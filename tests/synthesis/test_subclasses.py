from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from labelct.synthesis.anatomy_settings import DeformSettings, LesionSettings, SubclassSettings
from labelct.synthesis.blobs import LEVELS, blob_levels
from labelct.synthesis.classes import add_subclasses

from labelct.errors import InputError, SettingError
from labelct.synthesis.bank import make_bank
from labelct.synthesis.recipe import Painted, draw_volume, synthesize
from labelct.synthesis.settings import DataSettings, DropSettings, FillSettings, TextureSettings
from labelct.synthesis.subclasses import FIRST_HU, k_means_cuts
from tests.synthesis.cases import Case

RECIPES = ("synth1", "synth2", "synth3", "synthseg")
BANK = make_bank([np.random.default_rng(0).integers(0, 256, (5, 12, 9)).astype(np.uint8)], ["one"])
TARGETS = {"liver": ["liver"], "rest": ["spleen", "colon"]}
THREE = SubclassSettings(count=3, grain_mm=30.0)


def paint(
    case: Case, kind: str = "synth2", ct: Any = None, drop: float = 0.0, fill: Any = None, **data: Any
) -> Painted:
    settings = DataSettings(**{"kind": kind, "completion": "geometric", "subclasses": THREE, **data})
    how = (settings, fill or FillSettings(gas=False), TextureSettings(kind="stills"), DropSettings(drop), BANK)
    what = (case.label_map, case.spacing, case.names, TARGETS)
    return draw_volume(*what, *how, np.random.default_rng(4), ct=ct)


def again(case: Case, painted: Painted, ct: Any = None) -> np.ndarray:
    params = json.loads(json.dumps(painted.params))
    return synthesize(case.label_map, case.spacing, case.names, TARGETS, params, BANK, ct, threads=3)[0]


def some_ct(case: Case) -> np.ndarray:
    return np.random.default_rng(2).normal(60, 40, case.label_map.shape).astype(np.float32)


@pytest.mark.parametrize("source", ["blobs", "ct"])
@pytest.mark.parametrize("kind", RECIPES)
def test_a_manifest_line_makes_the_same_bits_with_any_threads(case: Case, kind: str, source: str) -> None:
    split, ct = SubclassSettings(count=3, source=source), some_ct(case)
    bent = DeformSettings(rotation_deg=10, elastic_mm=5, flip=1.0)
    painted = paint(case, kind, ct, 0.3, subclasses=split, deform=bent, completion="auto")
    assert painted.params["subclasses"]["source"] == source
    assert painted.volume.tobytes() == again(case, painted, ct).tobytes()


@pytest.mark.parametrize("kind", RECIPES)
def test_training_labels_stay_whole(case: Case, kind: str) -> None:
    for ct in (None, some_ct(case)):
        split, whole = paint(case, kind, ct), paint(case, kind, ct, subclasses=SubclassSettings())
        assert np.array_equal(split.target, whole.target)
        assert not np.array_equal(split.volume, whole.volume)
        assert np.array_equal(split.volume[split.target == 0], whole.volume[split.target == 0]) == (kind == "synth1")


def test_other_draws_and_unsplit_volumes_stay_as_they_were(case: Case) -> None:
    split, whole = paint(case, "synth3"), paint(case, "synth3", subclasses=SubclassSettings())
    assert "subclasses" not in whole.params
    kept = {name: spec for name, spec in split.params["classes"].items() if name in whole.params["classes"]}
    rest = {name: value for name, value in split.params.items() if name != "subclasses"}
    assert {**rest, "classes": kept} == whole.params


def test_each_sub_class_has_its_own_constant_and_the_drawn_share(case: Case) -> None:
    painted = paint(case)
    shares = [0.0, *painted.params["subclasses"]["organs"]["liver"]["shares"], 1.0]
    for number in (1, 2, 3):
        hu = np.float32(painted.params["classes"][f"liver:{number}"]["hu"])
        held = (painted.volume[case.where("liver")] == hu).mean()
        assert held == pytest.approx(shares[number] - shares[number - 1], abs=0.02)


def test_blobs_hang_together(case: Case) -> None:
    row = np.zeros(32, np.uint16)
    row[5] = 1
    levels, counts = blob_levels(case.label_map.astype(np.uint16), row, case.spacing, 40.0, [7])
    assert counts.sum() == case.where("liver").sum() == counts[1].sum()
    assert (levels[~case.where("liver")] == 0).all()
    near = case.where("liver")[1:] & case.where("liver")[:-1]
    assert np.corrcoef(levels[1:][near], levels[:-1][near])[0, 1] > 0.9


def test_a_field_does_not_depend_on_what_else_is_in_the_volume(case: Case) -> None:
    parts, row = case.label_map.astype(np.uint16), np.zeros(32, np.uint16)
    row[[5, 20]] = 1, 2
    both, _ = blob_levels(parts, row, case.spacing, 20.0, [7, 8])
    row[20] = 0
    smaller = np.where((np.arange(40) > 28)[:, None, None], parts, 0).astype(np.uint16)
    alone, _ = blob_levels(smaller, row, case.spacing, 20.0, [7])
    assert alone.any()
    assert np.array_equal(alone, np.where(smaller == 5, both, 0))


def test_the_ct_parts_an_organ_by_its_hu(case: Case) -> None:
    ct, liver = np.full(case.label_map.shape, 50, np.float32), case.where("liver")
    bright = liver & (np.arange(24) < 12)
    ct[bright] = 150
    painted = paint(case, ct=ct, subclasses=SubclassSettings(count=2))
    assert painted.params["subclasses"]["organs"]["liver"] == [100.0]
    one, two = (np.float32(painted.params["classes"][f"liver:{number}"]["hu"]) for number in (1, 2))
    assert (painted.volume[bright] == two).all()
    assert (painted.volume[liver & ~bright] == one).all()


def test_the_clusters_of_a_mirror_image_are_mirrored(case: Case) -> None:
    case.names[1], case.names[5] = "kidney_left", "kidney_right"
    ct = some_ct(case)
    ct[case.label_map == 5] += 100
    plain, mirrored = (paint(case, ct=ct, deform=DeformSettings(flip=flip)) for flip in (0.0, 1.0))
    sides = [one.params["subclasses"]["organs"] for one in (plain, mirrored)]
    assert sides[0]["kidney_left"] == sides[1]["kidney_right"]
    assert sides[0]["kidney_left"] != sides[0]["kidney_right"]
    names = [f"kidney_{side}:{number}" for side in ("left", "right") for number in (1, 2, 3)]
    for name in names:
        other = name.replace("left", "?").replace("right", "left").replace("?", "right")
        here, there = (np.float32(one.params["classes"][n]["hu"]) for one, n in ((plain, name), (mirrored, other)))
        assert np.array_equal(plain.volume == here, (mirrored.volume == there)[::-1])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-200, 400), min_size=1, max_size=200), st.integers(2, 6))
def test_every_voxel_belongs_to_the_nearest_cluster_mean(voxels: list[int], clusters: int) -> None:
    hu = np.array(voxels)
    cuts = k_means_cuts(np.bincount(hu - FIRST_HU, minlength=LEVELS), clusters)
    assert len(cuts) == clusters - 1
    assert cuts == sorted(cuts)
    _, number = np.unique(np.searchsorted(cuts, hu, side="right"), return_inverse=True)
    means = np.bincount(number, hu) / np.bincount(number)
    assert (np.abs(hu - means[number]) <= np.abs(hu[:, None] - means).min(axis=1) + 0.02).all()


def test_no_voxel_makes_no_cluster() -> None:
    assert len(k_means_cuts(np.zeros(LEVELS, int), 3)) == 2


def test_an_organ_keeps_its_spread_as_a_whole() -> None:
    split = {"count": 2, "organs": {"liver": {}}}
    means, rng = [], np.random.default_rng(0)
    for _ in range(2000):
        classes: dict[str, dict[str, Any]] = {"liver": {"hu": 100.0, "sd": 20.0, "quantiles": [1.0]}}
        add_subclasses(classes, split, 0.36, FillSettings(), rng)
        assert classes["liver:1"]["sd"] == pytest.approx(20 * 0.8)
        assert classes["liver:1"]["quantiles"] == [1.0]
        means += [classes["liver:1"]["hu"], classes["liver:2"]["hu"]]
    assert np.mean(means) == pytest.approx(100, abs=0.6)
    assert np.std(means) == pytest.approx(20 * 0.6, rel=0.05)


def test_without_a_prior_a_sub_class_is_drawn_like_an_organ(case: Case) -> None:
    wide = FillSettings(kind="uniform", hu=[-100.0, 500.0], sd=[1.0, 2.0])
    classes = paint(case, "synth3", fill=wide).params["classes"]
    assert len({classes[f"liver:{n}"]["hu"] for n in (1, 2, 3)} | {classes["liver"]["hu"]}) == 4
    assert all(1 <= classes[f"liver:{n}"]["sd"] <= 2 for n in (1, 2, 3))


def test_dropped_labels_uncover_what_lies_below_and_no_sub_class(case: Case) -> None:
    painted = paint(case, drop=1.0)
    whole = paint(case, drop=1.0, subclasses=SubclassSettings())
    assert np.array_equal(painted.volume, whole.volume)


def test_gas_and_lesions_are_not_split(case: Case) -> None:
    painted = paint(case, fill=FillSettings(gas=True), lesions=LesionSettings(host="liver", count=[2, 3]))
    classes = painted.params["classes"]
    gas = painted.volume[case.where("colon")] < -500
    assert gas.mean() == pytest.approx(painted.params["gas"]["colon"]["fraction"], abs=0.01)
    assert not {name for name in classes if name.startswith(("colon:gas:", "liver_lesion:", "_fat:"))}
    lesion = painted.anatomy.label_map == max(painted.anatomy.names)
    assert np.unique(painted.volume[lesion]).tolist() == [np.float32(classes["liver_lesion"]["hu"])]


def test_clusters_without_a_ct_are_refused(case: Case) -> None:
    split = SubclassSettings(count=2, source="ct")
    with pytest.raises(InputError, match=r"subclasses\.source=ct: the case has no CT"):
        paint(case, subclasses=split)
    painted = paint(case, ct=some_ct(case), subclasses=split)
    with pytest.raises(InputError, match=r"subclasses\.source=ct: the case has no CT"):
        again(case, painted)


@pytest.mark.parametrize("count", [-1, 1, 17])
def test_a_number_that_parts_nothing_is_refused(count: int) -> None:
    with pytest.raises(SettingError, match=r"subclasses\.count"):
        SubclassSettings(count=count)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from([np.uint8, np.uint16, np.int32]),
    st.sampled_from(RECIPES),
    st.tuples(st.integers(1, 7), st.integers(1, 7), st.integers(1, 7)),
    st.tuples(st.floats(0.3, 9), st.floats(0.3, 9), st.floats(0.3, 9)),
    st.integers(2, 16),
    st.booleans(),
    st.data(),
)
def test_any_label_map_can_be_split(
    dtype: Any, kind: str, shape: Any, spacing: Any, count: int, with_ct: bool, data: Any
) -> None:
    values = {1: "spleen", 5: "liver", 20: "colon", 200: "vertebrae_L1"}
    if dtype == np.int32:
        values[70000] = "aorta"
    label_map = data.draw(arrays(dtype, shape, elements=st.sampled_from([0, *values])))
    case = Case(label_map, spacing, values)
    ct = np.random.default_rng(0).normal(0, 300, shape).astype(np.float32) if with_ct else None
    painted = paint(case, kind, ct, subclasses=SubclassSettings(count=count, grain_mm=4.0))
    assert np.isfinite(painted.volume).all()
    assert painted.volume.min() >= -1024
    assert np.array_equal(painted.target == 1, label_map == 5)
    assert painted.volume.tobytes() == again(case, painted, ct).tobytes()


def test_one_voxel_is_one_sub_class(case: Case) -> None:
    case.names |= {7: "duodenum", 70000: "aorta"}
    case.label_map[0, 0, 0] = 7
    for ct in (None, some_ct(case)):
        painted = paint(case, ct=ct)
        drawn = [painted.params["classes"][f"duodenum:{number}"]["hu"] for number in (1, 2, 3)]
        assert np.isclose(drawn, painted.volume[0, 0, 0], atol=0.01).sum() == 1
