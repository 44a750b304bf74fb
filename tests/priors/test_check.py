from __future__ import annotations

import numpy as np
import pytest

from labelct.priors import load_priors
from labelct.priors.check import by_organ, check, report, sentence
from labelct.synthesis.case import Case
from tests.synthesis.cases import threads, where

BASE = load_priors()


def constant(case: Case, **levels: float) -> np.ndarray:
    volume = np.full(case.label_map.shape, -1000.0, np.float32)
    for name in case.names.values():
        volume[where(case, name)] = levels.get(name, BASE[name].hu_pv_mean)
    return volume


def test_an_organ_at_its_prior_passes_and_one_beside_it_does_not(case: Case) -> None:
    rows = {row["name"]: row for row in check(constant(case, liver=250), case.label_map, case.names, BASE)}
    assert [name for name, row in rows.items() if not row["passed"]] == ["liver"]
    assert rows["liver"]["deviation"] == pytest.approx((250 - BASE["liver"].hu_pv_mean) / BASE["liver"].hu_sd_between)


def test_borders_and_gas_do_not_count(case: Case) -> None:
    volume, liver = constant(case), where(case, "liver")
    inner = liver.copy()
    for axis in range(3):
        inner &= np.roll(liver, 1, axis) & np.roll(liver, -1, axis)
    volume[liver & ~inner] = 900
    volume[where(case, "colon") & (np.arange(36)[:, None] % 3 == 0)] = -900
    rows = {row["name"]: row for row in check(volume, case.label_map, case.names, BASE)}
    assert rows["liver"]["voxels"] == inner.sum()
    assert rows["liver"]["mean"] == pytest.approx(BASE["liver"].hu_pv_mean)
    assert rows["liver"]["sd"] == pytest.approx(0, abs=0.01)
    assert rows["colon"]["mean"] == pytest.approx(BASE["colon"].hu_pv_mean)


def test_moments_are_those_of_numpy_for_any_threads_and_large_values(case: Case) -> None:
    volume = np.random.default_rng(0).normal(60, 30, case.label_map.shape).astype(np.float32)
    large = case.label_map.astype(np.int32) * 100000
    names = {value * 100000: name for value, name in case.names.items()}
    with threads(1):
        rows = check(volume, case.label_map, case.names, BASE)
    with threads(3):
        assert rows == check(volume, case.label_map, case.names, BASE)
    assert [(r["name"], r["mean"]) for r in check(volume, large, names, BASE)] == [(r["name"], r["mean"]) for r in rows]


def test_a_bias_fails_that_no_single_volume_shows() -> None:
    def volume(deviation: float) -> list[dict]:
        row = {"name": "liver", "mean": 100, "sd": 5, "expected": 100, "deviation": deviation, "passed": True}
        return [row]

    rng = np.random.default_rng(0)
    assert by_organ([volume(d) for d in rng.normal(size=40)])[0]["passed"]
    biased = report([volume(d) for d in rng.normal(size=40) + 1], "prior")
    assert biased["failed"] == 1
    assert sentence(biased).endswith("off: liver 100 for 100 HU")


def test_an_organ_that_is_off_in_some_volumes_alone_is_told_by_their_share() -> None:
    row = {"name": "liver", "mean": 100, "sd": 5, "expected": 100, "deviation": 0.0}
    found = report([[{**row, "passed": number >= 4}] for number in range(40)], "prior")
    assert sentence(found) == "0 of 1 organs are as dense as the prior says; off: liver in 10 % of its volumes"


def test_moments_are_those_of_the_inner_voxels(case: Case) -> None:
    volume = np.random.default_rng(0).normal(60, 30, case.label_map.shape).astype(np.float32)
    liver = where(case, "liver")
    inner = np.pad(liver, 1)
    for axis in range(3):
        inner &= np.roll(np.pad(liver, 1), 1, axis) & np.roll(np.pad(liver, 1), -1, axis)
    voxels = volume[inner[1:-1, 1:-1, 1:-1]].astype(float)
    (row,) = (row for row in check(volume, case.label_map, case.names, BASE) if row["name"] == "liver")
    assert (row["mean"], row["sd"]) == pytest.approx((voxels.mean(), voxels.std()))
    assert row["voxels"] == voxels.size


def test_voxels_at_the_end_of_the_grid_do_not_count() -> None:
    volume = np.full((8, 9, 10), 500.0, np.float32)
    volume[1:-1, 1:-1, 1:-1] = BASE["liver"].hu_pv_mean
    (row,) = check(volume, np.ones(volume.shape, np.uint8), {1: "liver"}, BASE)
    assert row["voxels"] == 6 * 7 * 8
    assert row["deviation"] == pytest.approx(0, abs=1e-6)


def test_the_phase_moves_what_is_expected(case: Case) -> None:
    native, portal = (check(constant(case), case.label_map, case.names, BASE, phase)[0] for phase in (0.0, 1.0))
    assert native["expected"] == BASE[native["name"]].hu_native_mean
    assert portal["expected"] == BASE[portal["name"]].hu_pv_mean
