from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from labelct.errors import InputError
from labelct.synthesis import background, cylinder
from labelct.synthesis.body_histogram import BodyHistogram, load_body
from labelct.synthesis.case import Case
from labelct.synthesis.cylinder import Settings, cylinder_section
from labelct.synthesis.envelope import CAVITY, envelope_half_axes, envelope_layers
from tests.synthesis.cases import empty, recipe, scene

SPACING = (2.0, 3.0, 5.0)


def drawn(target: np.ndarray, seed: int = 0, **settings: float) -> dict[str, Any]:
    case = Case(target.astype(np.uint8), SPACING, {1: "liver"})
    given = scene(case, "synth1", cylinder=Settings(**settings))
    given.labels = ["liver"]
    return cylinder.sample(given, np.random.default_rng(seed))


def test_the_radius_is_a_fraction_of_the_smaller_field_of_view() -> None:
    radii = [drawn(np.zeros((100, 60, 4), bool), seed)["half_axes_mm"] for seed in range(300)]
    assert all(a == b for a, b in radii)
    assert 0.30 * 180 <= min(radii)[0] < 0.31 * 180
    assert 0.47 * 180 < max(radii)[0] <= 0.48 * 180


@pytest.mark.parametrize("flattening", [0.0, 0.5])
def test_the_target_lies_ten_millimetres_inside(flattening: float) -> None:
    target = np.zeros((100, 60, 4), bool)
    target[90:96, 50:58, 1] = True
    params = drawn(target, flattening=flattening)
    shrunk = {**params, "half_axes_mm": [axis - 10.0 for axis in params["half_axes_mm"]]}
    assert cylinder_section(target.shape, SPACING, shrunk)[target.any(axis=2)].all()


def test_the_area_is_that_of_the_ellipse() -> None:
    params = {"centre_mm": [99.0, 88.5], "half_axes_mm": [70.0, 50.0]}
    region = cylinder_section((100, 60, 3), SPACING, params)[:, :, None]
    assert region[:, :, 0].sum() * 6 == pytest.approx(np.pi * 70 * 50, rel=0.02)
    assert (region == region[:, :, :1]).all()


def test_it_stands_where_the_background_would(case: Case) -> None:
    given = scene(case, "synth1")
    params = {"kind": "cylinder", "centre_mm": [78.0, 70.0], "half_axes_mm": [60.0, 50.0]}
    params["histogram"] = {"source": "TCGA-OV 2043", "digest": load_body().digest}
    cylinder.apply(given, params)
    assert given.background.names == ["_air", "_body"]
    section = cylinder_section(case.label_map.shape, case.spacing, params)
    assert np.array_equal(given.background.numbers, np.broadcast_to(section[:, :, None], case.label_map.shape))
    assert given.classes["_body"] == {"histogram": load_body()}
    assert given.cavity is None


def test_the_histogram_is_recorded_and_another_one_is_refused(case: Case) -> None:
    mine = BodyHistogram("s0472", "", (0.0, 1.0), (-1000.0, 500.0))
    given = scene(case, "synth1", body=mine)
    given.labels = ["liver"]
    params = cylinder.sample(given, np.random.default_rng(0))
    assert params["histogram"] == {"source": "s0472", "digest": mine.digest}
    with pytest.raises(InputError, match=r"is that of TCGA-OV 2043, but the volume was drawn with s0472") as error:
        cylinder.apply(scene(case, "synth1"), params)
    assert "\n" not in str(error.value)


def test_an_envelope_stands_in_by_its_chance_and_is_that_of_a_geometric_background(case: Case) -> None:
    chances = [drawn(np.zeros((100, 60, 4), bool), seed, envelope_probability=0.3)["kind"] for seed in range(200)]
    assert set(chances) == {"cylinder", "envelope"}
    assert chances.count("envelope") / 200 == pytest.approx(0.3, abs=0.1)
    given = scene(case, "synth1", cylinder=Settings(envelope_probability=1.0))
    given.labels = ["liver", "spleen"]
    params = cylinder.sample(given, np.random.default_rng(0))
    geometric = background.sample(given, np.random.default_rng(0))
    assert {name: params[name] for name in geometric if name != "kind"} == {
        name: value for name, value in geometric.items() if name != "kind"
    }
    assert params["half_axes_mm"] == envelope_half_axes(given.where({"liver", "spleen"}), case.spacing, params)
    cylinder.apply(given, params)
    layers = envelope_layers(given, params)
    assert given.background.names == ["_air", "_fat", "_soft", "_body"]
    assert np.array_equal(given.background.numbers, layers)
    assert np.array_equal(given.cavity, layers == CAVITY)


def test_an_envelope_paints_its_wall_around_the_same_texture(case: Case) -> None:
    roomy = replace(case, label_map=np.pad(case.label_map, ((30, 30), (30, 30), (0, 0))))
    painted = recipe("synth1", cylinder=Settings(envelope_probability=1.0)).draw(roomy, np.random.default_rng(0))
    classes = painted.params["intensity"]["classes"]
    fat, soft = (painted.volume == np.float32(classes[name]["hu"]) for name in ("_fat", "_soft"))
    assert fat.sum() > 1000
    assert soft.sum() > 1000
    assert not ((fat | soft) & (painted.target > 0)).any()
    inside = painted.volume[(painted.target == 0) & ~fat & ~soft & (painted.volume != -1000)]
    assert len(np.unique(inside)) > 30


def test_without_labels_there_is_a_body_all_the_same() -> None:
    painted = recipe("synth1").draw(empty((30, 30, 4), (4.0, 4.0, 4.0)), np.random.default_rng(0))
    assert (painted.volume > -900).mean() > 0.2
