from __future__ import annotations

from pathlib import Path

import pytest

from labelct.errors import InputError
from labelct.priors import BACKGROUND_CLASSES, load_priors
from labelct.priors.table import parse_priors

QUANTILES = " ".join(str(q) for q in range(-28, 29))
HEADER = "name,hu_pv_mean,hu_sd_between,hu_sd_texture,hu_native_mean,quantiles\n"


def test_the_built_in_table_knows_all_classes() -> None:
    priors = load_priors()
    assert len(priors.table) == 136
    assert set(BACKGROUND_CLASSES) < set(priors.table)
    assert priors["liver"].hu_pv_mean == 110
    assert priors["colon"].gas_fraction == pytest.approx(0.4)


def test_enhancement_runs_from_native_to_portal() -> None:
    spleen = load_priors()["spleen"]
    assert spleen.mean(0.0) == spleen.hu_native_mean
    assert spleen.mean(1.0) == spleen.hu_pv_mean
    assert spleen.mean(0.5) == pytest.approx((spleen.hu_native_mean + spleen.hu_pv_mean) / 2)


def test_a_missing_class_has_no_prior_and_names_like_its_own() -> None:
    priors = load_priors()
    assert priors.get("livr") is None
    assert priors.without(["spleen", "mass", "livr"]) == {"livr": ["liver"], "mass": []}


def test_the_rows_of_a_file_are_laid_over_the_built_in_ones(tmp_path: Path) -> None:
    path = tmp_path / "few.csv"
    path.write_text("name,hu_pv_mean,hu_sd_between,hu_sd_texture,hu_native_mean\nliver,1,2,3,4\nuterus,90,15,20,50\n")
    own, builtin = load_priors(str(path)), load_priors()
    assert (own["liver"].hu_pv_mean, own["uterus"].hu_native_mean) == (1, 50)
    assert {name: own[name] for name in builtin.table if name != "liver"} == {
        name: builtin[name] for name in builtin.table if name != "liver"
    }
    assert set(own.table) == {*builtin.table, "uterus"}


def test_a_whole_has_the_hu_of_its_parts() -> None:
    priors = load_priors()
    for whole, part in {"kidney": "kidney_left", "rib": "rib_right_3", "lung": "lung_upper_lobe_left"}.items():
        assert abs(priors[whole].hu_pv_mean - priors[part].hu_pv_mean) <= priors[part].hu_sd_between


def test_a_table_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "priors.csv"
    path.write_text(HEADER + f"liver,100,5,10,50,{QUANTILES}\n", encoding="utf-8-sig")
    liver = load_priors(str(path))["liver"]
    assert (liver.hu_pv_mean, liver.hu_sd_between, liver.quantiles) == (100, 5, tuple(range(-28, 29)))
    assert liver.gas_fraction == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,hu_pv_mean\nliver,3\n", "'hu_sd_between' is missing"),
        (HEADER + "liver,x,5,10,50,\n", "hu_pv_mean='x'"),
        (HEADER + "liver,1,5,10,50,\n" * 2, "two rows"),
        (HEADER + "liver,1,5,10,50,1 2 3\n", "3 quantiles, expected 57"),
        ("", "'name' is missing"),
        (HEADER + "liver,nan,5,10,50,\n", "hu_pv_mean='nan', which is no number"),
        (HEADER + "liver,1,-5,10,50,\n", "hu_sd_between='-5', which is no number from 0"),
        (HEADER + "liver,1e9,5,10,50,\n", "hu_pv_mean='1e9'"),
        (HEADER + ",1,5,10,50,\n", "a row has no name"),
        (HEADER + "liver,1,5,10,50,1,2\n", "more fields"),
        (HEADER + f"liver,1,5,10,50,{' '.join(map(str, range(28, -29, -1)))}\n", "do not rise"),
    ],
)
def test_a_broken_table_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_priors(text, "mine.csv")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv"):
        load_priors(str(tmp_path / "none.csv"))
