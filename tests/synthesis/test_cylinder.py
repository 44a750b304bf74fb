from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from labelct.synthesis.anatomy_settings import CylinderSettings

from labelct.errors import InputError
from labelct.synthesis.cylinder import body_quantiles, cylinder_region, sample_cylinder

SPACING = (2.0, 3.0, 5.0)


def drawn(target: np.ndarray, seed: int = 0, **settings: float) -> dict:
    return sample_cylinder(target, SPACING, (99.0, 88.5), CylinderSettings(**settings), np.random.default_rng(seed))


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
    assert cylinder_region(target.shape, SPACING, shrunk)[target].all()


def test_the_area_is_that_of_the_ellipse() -> None:
    params = {"centre_mm": [99.0, 88.5], "half_axes_mm": [70.0, 50.0]}
    region = cylinder_region((100, 60, 3), SPACING, params)
    assert region[:, :, 0].sum() * 6 == pytest.approx(np.pi * 70 * 50, rel=0.02)
    assert (region == region[:, :, :1]).all()


def test_the_built_in_histogram_is_that_of_a_trunk() -> None:
    probability, hu = body_quantiles()
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
        body_quantiles(str(path))
