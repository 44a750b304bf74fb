from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from labelct.errors import InputError
from labelct.priors import Prior, Priors, load_priors
from labelct.priors.check import check
from labelct.priors.fit import fit_priors, measure, priors_csv
from labelct.priors.table import parse_priors
from labelct.synthesis import intensity, texture
from labelct.synthesis.bank import load_bank
from labelct.synthesis.case import Case
from tests.synthesis.cases import recipe, where

BASE = load_priors()


def noisy(case: Case, liver: float = 90.0, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    volume = rng.normal(40, 10, case.label_map.shape)
    volume[where(case, "liver")] += liver - 40
    colon = where(case, "colon")
    volume[colon & (rng.random(colon.shape) < 0.25)] = -850
    return volume


def test_a_volume_is_measured_organ_by_organ(case: Case) -> None:
    found = measure(noisy(case), case.label_map, case.names, BASE)
    assert found["liver"].mean == pytest.approx(90, abs=1)
    assert found["liver"].sd == pytest.approx(10, rel=0.1)
    assert math.isnan(found["liver"].hu_gas)
    assert found["colon"].gas_fraction == pytest.approx(0.25, abs=0.08)
    assert found["colon"].hu_gas == -850


def test_tiny_organs_are_left_out(case: Case) -> None:
    case.label_map[0, 0, 0] = 9
    assert "tiny" not in measure(noisy(case), case.label_map, {**case.names, 9: "tiny"}, BASE)


def test_a_fit_takes_means_from_cases_and_the_rest_from_the_base(case: Case) -> None:
    cases = [measure(noisy(case, liver, liver), case.label_map, case.names, BASE) for liver in (80, 90, 100)]
    fit = fit_priors(cases, BASE)
    assert fit["liver"].hu_pv_mean == pytest.approx(90, abs=1)
    assert fit["liver"].hu_sd_between == pytest.approx(10, abs=1)
    assert fit["liver"].hu_native_mean == BASE["liver"].hu_native_mean
    assert fit["aorta"] == BASE["aorta"]
    assert fit_priors(cases, BASE, 0.0)["liver"].hu_pv_mean == BASE["liver"].hu_pv_mean
    assert fit_priors(cases[:2], BASE)["liver"].hu_sd_between == BASE["liver"].hu_sd_between


def test_a_table_survives_its_csv(case: Case) -> None:
    fit = fit_priors([measure(noisy(case), case.label_map, case.names, BASE)], BASE)
    again = parse_priors(priors_csv(fit), "again")
    assert again["liver"].hu_pv_mean == pytest.approx(fit["liver"].hu_pv_mean)
    assert again["liver"].quantiles == fit["liver"].quantiles
    assert list(again.table) == list(fit.table)


def test_a_check_finds_the_organ_that_is_off(case: Case) -> None:
    rows = {row["name"]: row for row in check(noisy(case, 250.0), case.label_map, case.names, BASE)}
    assert not rows["liver"]["passed"]
    assert rows["liver"]["deviation"] == pytest.approx(140 / 18, abs=0.3)


def test_a_fit_to_real_ct_makes_its_organs_again(real_data: Path) -> None:
    nib = pytest.importorskip("nibabel")
    folder = real_data / "totalsegmentator" / "s9001"
    organs = ("liver", "spleen", "colon", "aorta", "kidney_right", "autochthon_left", "hip_left", "vertebrae_L3")
    ct = nib.as_closest_canonical(nib.load(folder / "ct.nii.gz")).get_fdata(dtype=np.float32)
    label_map = np.zeros(ct.shape, np.uint8)
    for value, name in enumerate(organs, 1):
        mask = nib.as_closest_canonical(nib.load(folder / "segmentations" / f"{name}.nii.gz"))
        label_map[np.asanyarray(mask.dataobj) > 0] = value
    names = dict(enumerate(organs, 1))
    real = measure(ct, label_map, names, BASE, erode=0)
    bank = load_bank(texture.Settings(kind="stills", size=64, frames=24, clips=9))
    fill = intensity.Settings(kind="fitted", spread=0.0)
    painted = recipe("synth3", fill=fill, bank=bank, priors=fit_priors([real], BASE), targets={"liver": ["liver"]})
    volume = painted.draw(Case(label_map, (3.0, 3.0, 3.0), names), np.random.default_rng(0)).volume
    made = measure(volume, label_map, names, BASE, erode=0)
    for name, one in made.items():
        assert one.mean == pytest.approx(real[name].mean, abs=2)
        assert one.sd == pytest.approx(real[name].sd, rel=0.1)


def test_ct_of_the_arterial_phase_move_the_arterial_mean_alone(case: Case) -> None:
    fit = fit_priors([measure(noisy(case), case.label_map, case.names, BASE)], BASE, time=1.0)["liver"]
    assert fit.mean(1.0, 1.0) == pytest.approx(measure(noisy(case), case.label_map, case.names, BASE)["liver"].mean)
    assert [fit.level(place) for place in (0, 2, 3)] == [BASE["liver"].level(place) for place in (0, 2, 3)]


def test_a_table_without_curves_is_written_and_read_as_one() -> None:
    bare = Priors({"liver": Prior("liver", 110, 18, 15, 58)}, "bare")
    again = parse_priors(priors_csv(bare), "again")
    assert not again["liver"].has_curve
    with pytest.raises(InputError, match=r"hu_arterial_mean.*'liver'.*data.phase=any"):
        again.check_curves("any")
    load_priors().check_curves("any")
