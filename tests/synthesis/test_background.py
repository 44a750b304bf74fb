from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import binary_erosion
from sklearn.cluster import KMeans

from labelct.errors import InputError
from labelct.synthesis import background
from labelct.synthesis.background import body_region, resolve_source, two_means
from labelct.synthesis.case import Case
from tests.synthesis.cases import ball, scene, where

AIR, FAT, SOFT = 0, 1, 2


def classes_of(case: Case, **data: Any) -> np.ndarray:
    given = scene(case, "synth2", **data)
    background.apply(given, background.sample(given, np.random.default_rng(4)))
    return given.background.numbers


@pytest.fixture
def scanned(case: Case) -> Case:
    hu = np.full(case.label_map.shape, -1000.0, np.float32)
    hu[ball(hu.shape, (20, 18, 12), (17, 15, 90))] = -95.0
    hu[ball(hu.shape, (20, 18, 12), (14, 12, 90))] = 30.0
    hu[where(case, "liver")] = 110.0
    hu[where(case, "vertebrae_L1")] = 400.0
    hu[:, 0] = 100.0
    hu[:, 1:3] = -1000.0
    return replace(case, ct=hu + np.random.default_rng(0).normal(0, 8, hu.shape).astype(np.float32))


def test_auto_takes_what_there_is() -> None:
    assert resolve_source("auto", ["liver"], True) == "kmeans"
    assert resolve_source("auto", ["liver"], False) == "geometric"
    assert resolve_source("auto", ["liver", "_fat"], False) == "labels"
    assert resolve_source("none", ["liver"], True) == "none"


def test_two_means_finds_fat_and_soft_tissue_beside_bone_and_edges() -> None:
    rng = np.random.default_rng(0)
    sizes = ((-100, 15, 4000), (40, 15, 3000), (900, 200, 800), (-280, 20, 400))
    values = np.concatenate([rng.normal(mean, sd, n) for mean, sd, n in sizes])
    low, high = two_means(values, (-100.0, 50.0), (-200.0, 150.0))
    clipped = np.clip(values, -200, 150)[:, None]
    centres = KMeans(2, init=np.array([[-100.0], [50.0]]), n_init=1).fit(clipped).cluster_centers_.ravel()
    assert [low, high] == pytest.approx(centres, abs=0.3)
    assert -115 < low < -95
    assert 35 < high < 75


def test_two_means_of_nothing_are_the_seeds() -> None:
    assert two_means(np.zeros(0), (-100.0, 50.0), (-200.0, 150.0)) == (-100.0, 50.0)


def test_a_ct_is_split_also_under_labels(scanned: Case) -> None:
    classes, ct = classes_of(scanned), scanned.ct
    assert (classes[where(scanned, "liver") & (ct > 60)] == SOFT).all()
    assert (classes[(ct < -40) & (ct > -150)] == FAT).mean() > 0.99
    assert (classes[ct < -500] == AIR).all()


def test_the_split_of_a_ct_lies_between_the_means_of_what_is_unlabelled() -> None:
    ct = np.full((20, 20, 20), 30.0, np.float32)
    ct[:10], ct[:, 10:] = -95.0, 145.0
    ct[12, :4, 0] = -10.0
    case = Case((ct == 145).astype(np.uint8), (2.0, 2.0, 2.0), {1: "liver"}, ct)
    assert (classes_of(case)[ct == -10] == SOFT).all()
    as_rest = replace(case, names={1: "_soft"})
    assert (classes_of(as_rest)[ct == -10] == FAT).all()


def test_the_couch_is_no_body(scanned: Case) -> None:
    assert not body_region(scanned.ct, scanned.spacing, -300.0)[:, 0].any()
    assert (classes_of(scanned)[:, 0] == AIR).all()


def test_kmeans_without_a_ct_is_refused(case: Case) -> None:
    with pytest.raises(InputError, match="has no CT"):
        classes_of(case, background=background.Settings(source="kmeans"))


def test_none_is_air_and_labels_are_filled(case: Case) -> None:
    assert not classes_of(case, background=background.Settings(source="none")).any()
    case.label_map[28, 20, 14] = 0
    filled = classes_of(case, background=background.Settings(source="labels"))
    assert filled[28, 20, 14] == SOFT
    assert set(np.unique(filled)) == {AIR, SOFT}


def test_the_geometric_body_holds_the_labels_under_a_shell_of_fat(case: Case) -> None:
    case = replace(case, label_map=np.pad(case.label_map, ((30, 30), (30, 30), (0, 0))))
    classes = classes_of(case)
    assert (classes[case.label_map > 0] != AIR).all()
    body = classes != AIR
    rim = body & ~binary_erosion(body, iterations=1, border_value=1)
    assert (classes[rim] == FAT).mean() > 0.98
    assert 0.2 < (classes[body] == FAT).mean() < 0.8


def test_the_inner_fat_has_the_drawn_fraction(case: Case) -> None:
    lean = classes_of(case, background=background.Settings(visceral_fat=[0.0, 0.0], fat_mm=[0.0, 0.0]))
    assert not (lean == FAT).any()


def test_draws_do_not_depend_on_the_kind(scanned: Case) -> None:
    drawn = [
        background.sample(
            scene(scanned, "synth2", background=background.Settings(source=kind)), np.random.default_rng(2)
        )
        for kind in ("kmeans", "geometric")
    ]
    assert {**drawn[0], "kind": ""} == {**drawn[1], "kind": ""}


def test_what_is_measured_of_a_case_is_what_k_means_sees_of_it(scanned: Case) -> None:
    scanned.ct[where(scanned, "spleen")] = 900.0
    unnamed = replace(scanned, label_map=np.where(where(scanned, "spleen"), 0, scanned.label_map))
    found = background.completed(unnamed, background.Settings())
    classes = classes_of(scanned)
    for name, number in {"_fat": FAT, "_soft": SOFT}.items():
        mask = where(found, name)
        assert mask.any()
        assert (classes[mask & ~where(scanned, "spleen")] == number).all()
        assert not unnamed.label_map[mask].any()
    assert found.ct[where(found, "_soft")].max() == 150.0
    for name in ("liver", "vertebrae_L1"):
        assert np.array_equal(found.ct[where(scanned, name)], scanned.ct[where(scanned, name)])
    assert (found.label_map[scanned.ct < -300] == 0).all()


def test_what_nobody_said_anything_about_and_named_background_stay_as_they_are(scanned: Case) -> None:
    ignored = np.zeros(scanned.label_map.shape, bool)
    ignored[:20] = True
    found = background.completed(replace(scanned, ignored=ignored), background.Settings())
    assert np.array_equal(found.label_map[:20], scanned.label_map[:20])
    named = replace(scanned, names={**scanned.names, 60: "_fat"})
    assert background.completed(named, background.Settings()) is named
    assert background.completed(replace(scanned, ct=None), background.Settings()).ct is None
