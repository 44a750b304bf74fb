from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labelct.errors import InputError, SettingError
from labelct.synthesis import background, deformation, intensity, lesions, subclasses
from labelct.synthesis.case import Case
from labelct.synthesis.kernels.arrays.fields import HU_LEVELS
from labelct.synthesis.recipe import Synthetic
from labelct.synthesis.subclasses import FIRST_HU, k_means_cuts
from tests.synthesis.cases import NO_GAS, PAINTED, empty, recipe, scene, threads, where

THREE = subclasses.Settings(count=3, control_point_spacing_mm=30.0)


def paint(case: Case, kind: str = "synth2", **chosen: Any) -> Synthetic:
    chosen = {"fill": NO_GAS, "background": background.Settings(source="geometric"), "subclasses": THREE, **chosen}
    with threads(1):
        return recipe(kind, **chosen).draw(case, np.random.default_rng(4))


def again(case: Case, painted: Synthetic, kind: str = "synth2") -> np.ndarray:
    with threads(3):
        return recipe(kind).apply(case, json.loads(json.dumps(painted.params))).volume


def with_ct(case: Case) -> Case:
    return replace(case, ct=np.random.default_rng(2).normal(60, 40, case.label_map.shape).astype(np.float32))


def levels(painted: Synthetic) -> dict[str, Any]:
    return {name: np.float32(spec["hu"]) for name, spec in painted.params["subclasses"]["classes"].items()}


@pytest.mark.parametrize("source", ["blobs", "ct"])
@pytest.mark.parametrize("kind", PAINTED)
def test_a_manifest_line_makes_the_same_bits_with_any_threads(case: Case, kind: str, source: str) -> None:
    split, scanned = subclasses.Settings(count=3, source=source), with_ct(case)
    bent = deformation.Settings(rotation_deg=10, elastic_mm=5, flip_probability=1.0)
    painted = paint(
        scanned, kind, dropped=0.3, subclasses=split, deformation=bent, background=background.Settings(source="auto")
    )
    assert painted.params["subclasses"]["source"] == source
    assert painted.volume.tobytes() == again(scanned, painted, kind).tobytes()


@pytest.mark.parametrize("kind", PAINTED)
def test_training_labels_stay_whole(case: Case, kind: str) -> None:
    for one in (case, with_ct(case)):
        split, whole = paint(one, kind), paint(one, kind, subclasses=subclasses.Settings())
        assert np.array_equal(split.target, whole.target)
        assert not np.array_equal(split.volume, whole.volume)
        assert np.array_equal(split.volume[split.target == 0], whole.volume[split.target == 0]) == (kind == "synth1")


def test_other_draws_and_unsplit_volumes_stay_as_they_were(case: Case) -> None:
    split, whole = paint(case, "synth3").params, paint(case, "synth3", subclasses=subclasses.Settings()).params
    assert whole["subclasses"] is None
    texture = {**split["texture"], "clips": {n: c for n, c in split["texture"]["clips"].items() if ":" not in n}}
    assert {**split, "subclasses": None, "texture": texture} == whole


def test_each_sub_class_has_its_own_constant_and_the_drawn_share(case: Case) -> None:
    painted = paint(case)
    shares = [0.0, *painted.params["subclasses"]["organs"]["liver"]["shares"], 1.0]
    for number in (1, 2, 3):
        held = (painted.volume[where(case, "liver")] == levels(painted)[f"liver:{number}"]).mean()
        assert held == pytest.approx(shares[number] - shares[number - 1], abs=0.02)


def test_the_ct_parts_an_organ_by_its_hu(case: Case) -> None:
    ct, liver = np.full(case.label_map.shape, 50, np.float32), where(case, "liver")
    bright = liver & (np.arange(24) < 12)
    ct[bright] = 150
    painted = paint(replace(case, ct=ct), subclasses=subclasses.Settings(count=2))
    assert painted.params["subclasses"]["organs"]["liver"] == [100.0]
    assert (painted.volume[bright] == levels(painted)["liver:2"]).all()
    assert (painted.volume[liver & ~bright] == levels(painted)["liver:1"]).all()


def test_the_clusters_of_a_mirror_image_are_mirrored(case: Case) -> None:
    case.names.update({1: "kidney_left", 5: "kidney_right"})
    scanned = with_ct(case)
    scanned.ct[case.label_map == 5] += 100
    plain, mirrored = (paint(scanned, deformation=deformation.Settings(flip_probability=flip)) for flip in (0.0, 1.0))
    sides = [one.params["subclasses"]["organs"] for one in (plain, mirrored)]
    assert sides[0]["kidney_left"] == sides[1]["kidney_right"]
    assert sides[0]["kidney_left"] != sides[0]["kidney_right"]
    names = [f"kidney_{side}:{number}" for side in ("left", "right") for number in (1, 2, 3)]
    for name in names:
        other = name.replace("left", "?").replace("right", "left").replace("?", "right")
        here, there = levels(plain)[name], levels(mirrored)[other]
        assert np.array_equal(plain.volume == here, (mirrored.volume == there)[::-1])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-200, 400), min_size=1, max_size=200), st.integers(2, 6))
def test_every_voxel_belongs_to_the_nearest_cluster_mean(voxels: list[int], clusters: int) -> None:
    hu = np.array(voxels)
    cuts = k_means_cuts(np.bincount(hu - FIRST_HU, minlength=HU_LEVELS), clusters)
    assert len(cuts) == clusters - 1
    assert cuts == sorted(cuts)
    _, number = np.unique(np.searchsorted(cuts, hu, side="right"), return_inverse=True)
    means = np.bincount(number, hu) / np.bincount(number)
    assert (np.abs(hu - means[number]) <= np.abs(hu[:, None] - means).min(axis=1) + 0.02).all()


def test_no_voxel_makes_no_cluster() -> None:
    assert len(k_means_cuts(np.zeros(HU_LEVELS, int), 3)) == 2


def test_an_organ_keeps_its_spread_as_a_whole() -> None:
    split = subclasses.Settings(count=2, source="blobs", between=0.36)
    means, rng = [], np.random.default_rng(0)
    for _ in range(2000):
        one = scene(empty((1, 1, 1)), subclasses=split)
        one.labels, one.classes = ["liver"], {"liver": {"hu": 100.0, "sd": 20.0, "quantiles": [1.0]}}
        classes = subclasses.sample(one, rng)["classes"]
        assert classes["liver:1"]["sd"] == pytest.approx(20 * 0.8)
        assert classes["liver:1"]["quantiles"] == [1.0]
        means += [classes["liver:1"]["hu"], classes["liver:2"]["hu"]]
    assert np.mean(means) == pytest.approx(100, abs=0.6)
    assert np.std(means) == pytest.approx(20 * 0.6, rel=0.05)


def test_without_a_prior_a_sub_class_is_drawn_like_an_organ(case: Case) -> None:
    wide = intensity.Settings(kind="uniform", hu=[-100.0, 500.0], sd=[1.0, 2.0])
    params = paint(case, "synth3", fill=wide).params
    classes = params["intensity"]["classes"] | params["subclasses"]["classes"]
    assert len({classes[f"liver:{n}"]["hu"] for n in (1, 2, 3)} | {classes["liver"]["hu"]}) == 4
    assert all(1 <= classes[f"liver:{n}"]["sd"] <= 2 for n in (1, 2, 3))


def test_dropped_labels_uncover_what_lies_below_and_no_sub_class(case: Case) -> None:
    painted, whole = paint(case, dropped=1.0), paint(case, dropped=1.0, subclasses=subclasses.Settings())
    assert np.array_equal(painted.volume, whole.volume)


def test_gas_and_lesions_are_not_split(case: Case) -> None:
    grow = lesions.Settings(host="liver", count=[2, 3])
    painted = paint(case, fill=intensity.Settings(gas=True), lesions=grow)
    gas = painted.volume[where(case, "colon")] < -500
    assert gas.mean() == pytest.approx(painted.params["gas"]["colon"]["fraction"], abs=0.01)
    assert {name.split(":")[0] for name in levels(painted)} == set(case.names.values())
    assert {name.count(":") for name in levels(painted)} == {1}
    lesion = painted.anatomy.label_map == max(painted.anatomy.names)
    drawn = painted.params["intensity"]["classes"]["liver_lesion"]["hu"]
    assert np.unique(painted.volume[lesion]).tolist() == [np.float32(drawn)]


def test_clusters_without_a_ct_are_refused(case: Case) -> None:
    split = subclasses.Settings(count=2, source="ct")
    with pytest.raises(InputError, match=r"subclasses\.source=ct: the case has no CT"):
        paint(case, subclasses=split)
    painted = paint(with_ct(case), subclasses=split)
    with pytest.raises(InputError, match=r"subclasses\.source=ct: the case has no CT"):
        again(case, painted)


@pytest.mark.parametrize(("count", "source", "reads"), [(0, "ct", False), (2, "blobs", False), (2, "auto", True)])
def test_a_ct_is_read_where_it_is_clustered(count: int, source: str, reads: bool) -> None:
    assert subclasses.Settings(count=count, source=source).reads_ct() is reads


@pytest.mark.parametrize("count", [-1, 1, 17])
def test_a_number_that_parts_nothing_is_refused(count: int) -> None:
    with pytest.raises(SettingError, match=r"subclasses\.count"):
        subclasses.Settings(count=count)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from([np.uint8, np.uint16, np.int32]),
    st.sampled_from(PAINTED),
    st.tuples(st.integers(1, 7), st.integers(1, 7), st.integers(1, 7)),
    st.tuples(st.floats(0.3, 9), st.floats(0.3, 9), st.floats(0.3, 9)),
    st.integers(2, 16),
    st.booleans(),
    st.data(),
)
def test_any_label_map_can_be_split(
    dtype: Any, kind: str, shape: Any, spacing: Any, count: int, scanned: bool, data: Any
) -> None:
    values = {1: "spleen", 5: "liver", 20: "colon", 200: "vertebrae_L1"}
    if dtype == np.int32:
        values[70000] = "aorta"
    label_map = data.draw(arrays(dtype, shape, elements=st.sampled_from([0, *values])))
    ct = np.random.default_rng(0).normal(0, 300, shape).astype(np.float32) if scanned else None
    one = Case(label_map, spacing, values, ct)
    painted = paint(one, kind, subclasses=subclasses.Settings(count=count, control_point_spacing_mm=4.0))
    assert np.isfinite(painted.volume).all()
    assert painted.volume.min() >= -1024
    assert np.array_equal(painted.target == 1, label_map == 5)
    assert painted.volume.tobytes() == again(one, painted, kind).tobytes()


def test_one_voxel_is_one_sub_class(case: Case) -> None:
    case.names.update({7: "duodenum", 70000: "aorta"})
    case.label_map[0, 0, 0] = 7
    for one in (case, with_ct(case)):
        painted = paint(one)
        drawn = [levels(painted)[f"duodenum:{number}"] for number in (1, 2, 3)]
        assert np.isclose(drawn, painted.volume[0, 0, 0], atol=0.01).sum() == 1
