from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from labelct.errors import InputError
from labelct.synthesis.body_histogram import BodyHistogram, body_csv, load_body, measure_body
from tests.synthesis.cases import ball

SPACING = (4.0, 4.0, 5.0)


def patient() -> np.ndarray:
    """Return a CT of a body with a lung, on a couch, in air: fat with one soft quarter."""
    hu = np.full((60, 50, 20), -1000.0, np.float32)
    body = ball(hu.shape, (30, 25, 10), (20, 15, 60))
    hu[body] = -100.0
    hu[:30, :25][body[:30, :25]] = 50.0
    hu[ball(hu.shape, (30, 25, 10), (5, 5, 60))] = -850.0
    hu[:, 44:46] = 300.0
    return hu


def test_the_body_is_measured_with_what_it_encloses_and_without_couch_and_air() -> None:
    hu = patient()
    body = measure_body(hu, SPACING, "mine", "native")
    inside = hu[ball(hu.shape, (30, 25, 10), (20, 15, 60))]
    shares = np.interp([-500.0, 0.0], body.hu, body.probability)
    assert shares == pytest.approx([(inside < -500).mean(), (inside < 0).mean()], abs=0.02)
    assert (body.hu[0], body.hu[-1], body.phase) == (-850.0, 50.0, "native")


def test_a_ct_of_air_shows_no_body() -> None:
    with pytest.raises(InputError, match="mine: shows no body"):
        measure_body(np.full((30, 30, 10), -1000.0, np.float32), SPACING, "mine")


def test_a_histogram_survives_its_csv_with_source_and_phase(tmp_path: Path) -> None:
    body = measure_body(patient(), SPACING, "s0472", "portal")
    (tmp_path / "body.csv").write_text(body_csv(body), encoding="utf-8")
    again = load_body(str(tmp_path / "body.csv"))
    assert again == body
    assert again.digest == body.digest != BodyHistogram("s0472", "portal", (0.0, 1.0), (0.0, 1.0)).digest
    assert again.digest == BodyHistogram("", "", body.probability, body.hu).digest


def test_a_file_that_says_nothing_is_called_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("probability,hu\n0,-900\n1,300\n", encoding="utf-8")
    assert load_body(str(tmp_path / "mine.csv")) == BodyHistogram("mine.csv", "", (0.0, 1.0), (-900.0, 300.0))


def test_the_built_in_histogram_is_that_of_the_ct_that_nothing_is_tested_on(real_data: Path) -> None:
    from labelct.io.volumes import read_ct

    ct = read_ct(real_data / "ct_unlabelled" / "tcga_ov_2043.nii.gz")
    assert measure_body(ct.array, ct.spacing, "TCGA-OV 2043", "portal") == load_body()


def test_the_built_in_histogram_is_that_of_a_body() -> None:
    body = load_body()
    probability, hu = body.probability, body.hu
    assert -110 < np.interp(0.3, probability, hu) < -50
    assert 0 < np.interp(0.7, probability, hu) < 80
    assert (probability[0], probability[-1]) == (0, 1)


@pytest.mark.parametrize(
    "text", ["probability,hu\n0,1\n", "probability,hu\n0,5\n1,1\n", "a,b\n0,1\n", "probability,hu\n0.5,0\n1,1\n"]
)
def test_a_table_that_is_no_quantile_function_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "body.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=r"body\.csv"):
        load_body(str(path))
