from __future__ import annotations

import numpy as np
import pytest

from labelct.synthesis import drop, gas, intensity
from labelct.synthesis.case import Case
from labelct.synthesis.scene import Scene
from tests.synthesis.cases import empty, scene, where


def with_labels(case: Case, *labels: str) -> Scene:
    given = scene(case, "synth2")
    drop.apply(given, {"pasted": labels, "dropped": []})
    return given


def test_the_drawn_fraction_has_the_priors_mean() -> None:
    given, rng = scene(empty((1, 1, 1))), np.random.default_rng(0)
    given.labels = ["colon"]
    fractions = [gas.sample(given, rng)["colon"]["fraction"] for _ in range(2000)]
    assert np.mean(fractions) == pytest.approx(0.4, abs=0.02)
    assert max(fractions) <= 0.9


@pytest.mark.parametrize("fill", [{"gas": False}, {"kind": "uniform"}, {"kind": "mixture"}])
def test_there_is_none_where_it_is_off_or_no_prior_says_what_is_hollow(fill: dict) -> None:
    given = scene(empty((1, 1, 1)), fill=intensity.Settings(**fill))
    given.labels = ["colon"]
    assert gas.sample(given, np.random.default_rng(0)) == {}
    assert not given.own_hu


def test_solid_organs_hold_none() -> None:
    given = scene(empty((1, 1, 1)))
    given.labels = ["colon", "liver", "spleen"]
    assert set(gas.sample(given, np.random.default_rng(0))) == set(given.labels) - {"liver", "spleen"}
    assert set(given.own_hu) == {"colon:gas"}


def test_it_takes_its_fraction_of_the_organ_and_nothing_else(case: Case) -> None:
    given, colon = with_labels(case, "colon", "liver"), where(case, "colon")
    whole = given.painted.numbers.copy()
    gas.apply(given, {"colon": {"fraction": 0.4, "seed": 3}})
    held = given.painted.numbers == given.painted.names.index("colon:gas")
    assert held.sum() == pytest.approx(0.4 * colon.sum(), abs=3)
    assert not (held & ~colon).any()
    np.testing.assert_array_equal(given.painted.numbers[~held], whole[~held])


def test_a_dropped_organ_holds_none(case: Case) -> None:
    given = with_labels(case, "liver")
    gas.apply(given, {"colon": {"fraction": 0.4, "seed": 3}})
    assert given.painted.names == with_labels(case, "liver").painted.names


def wide(labels: list[str], number: int = 2000) -> dict[str, list[dict]]:
    given, rng = scene(empty((1, 1, 1)), gas=gas.Settings("wide")), np.random.default_rng(0)
    given.labels = labels
    drawn = [(gas.sample(given, rng), dict(given.own_hu)) for _ in range(number)]
    return {name: [{**held[name], **own[f"{name}:gas"]} for held, own in drawn] for name in labels}


def test_wide_gas_runs_from_none_to_most_of_an_organ_at_the_density_of_gas() -> None:
    drawn = wide(["stomach", "colon", "small_bowel"])
    for name, most in {"stomach": 0.8, "colon": 0.8, "small_bowel": 0.4}.items():
        fractions = np.array([one["fraction"] for one in drawn[name]])
        assert (fractions == 0).mean() == pytest.approx(0.2, abs=0.03)
        assert 0.97 * most < fractions.max() <= most
        assert np.median(fractions[fractions > 0]) == pytest.approx(most / 2, abs=0.03)
    levels = [one["hu"] for one in drawn["stomach"]]
    assert (min(levels), max(levels)) == pytest.approx((-1000, -950), abs=1)


@pytest.mark.parametrize("kind", ["arrays", "tensors"])
def test_one_room_has_one_level(case: Case, kind: str) -> None:
    given = case if kind == "arrays" else case.on("cpu")
    colon = given.label_map == 20
    held = scene(given).kernels.gas_voxels(colon, case.spacing, {"fraction": 0.5, "seed": 1, "loops": 0.0})
    rows = np.nonzero(np.asarray(held))[1]
    liquid = np.nonzero(np.asarray(colon & ~held))[1]
    assert rows.min() > liquid.max()
