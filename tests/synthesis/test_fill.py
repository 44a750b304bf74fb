from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from labelct.synthesis.fill import sample_enhancement, sample_fill
from labelct.synthesis.priors import load_priors, parse_priors

from labelct.errors import InputError
from labelct.synthesis.settings import DataSettings, FillSettings

PRIORS = load_priors()
NAMES = ["_air", "_fat", "_soft", "liver", "spleen", "aorta"]


def draw(number: int = 1500, fill: dict[str, Any] | None = None, **data: Any) -> dict[str, np.ndarray]:
    rng, settings = np.random.default_rng(0), DataSettings(**data)
    volumes = []
    for _ in range(number):
        enhancement = sample_enhancement(settings, rng)
        volumes.append(sample_fill(NAMES, settings, FillSettings(**(fill or {})), PRIORS, enhancement, rng))
    return {name: np.array([volume[name]["hu"] for volume in volumes]) for name in NAMES}


def test_organ_means_follow_the_prior() -> None:
    hu = draw()
    assert hu["liver"].mean() == pytest.approx(110, abs=2)
    assert hu["liver"].std() == pytest.approx(18, rel=0.06)
    assert abs(np.corrcoef(hu["liver"], hu["spleen"])[0, 1]) < 0.1


def test_voxel_spread_is_wider_and_fixed_has_none() -> None:
    assert draw(fill={"kind": "voxels"})["liver"].std() == pytest.approx(np.hypot(18, 15), rel=0.06)
    assert set(draw(5, fill={"kind": "fixed"})["liver"]) == {110.0}
    assert draw(fill={"spread": 2.0})["liver"].std() == pytest.approx(36, rel=0.06)


def test_uniform_needs_no_prior_and_fills_its_interval() -> None:
    fill = FillSettings(kind="uniform", hu=[0.0, 10.0])
    rng = np.random.default_rng(0)
    drawn = [sample_fill(["T2_lesion"], DataSettings(), fill, PRIORS, 1.0, rng)["T2_lesion"]["hu"] for _ in range(2000)]
    counts, _ = np.histogram(drawn, 5, (0.0, 10.0))
    assert counts.sum() == 2000
    assert counts.min() > 330


def test_a_mixture_draws_the_spread_too_and_uniform_does_not() -> None:
    uniform, mixture = (
        sample_fill(["a", "b"], DataSettings(), FillSettings(kind=k), PRIORS, 1.0, np.random.default_rng(0))
        for k in ("uniform", "mixture")
    )
    assert all(uniform[name]["hu"] == mixture[name]["hu"] for name in "ab")
    assert uniform["a"]["sd"] == uniform["b"]["sd"] == 22.5
    assert 5 <= mixture["a"]["sd"] != mixture["b"]["sd"] <= 40


def test_air_is_air_and_the_rest_has_its_own_spread() -> None:
    hu = draw(rest_sd=5.0)
    assert set(hu["_air"]) == {-1000.0}
    assert hu["_fat"].std() == pytest.approx(5.0, rel=0.06)
    assert hu["_soft"].mean() == pytest.approx(48, abs=1)


def test_phases() -> None:
    assert draw(phase="native")["spleen"].mean() == pytest.approx(50, abs=2)
    mixed = draw(phase="mixed", enhancement_sd=0.2)
    assert np.corrcoef(mixed["aorta"], mixed["spleen"])[0, 1] > 0.4
    assert mixed["spleen"].std() == pytest.approx(18, rel=0.06)


def test_a_class_without_prior_is_refused() -> None:
    with pytest.raises(InputError, match="'tail'"):
        sample_fill(["tail"], DataSettings(), FillSettings(), PRIORS, 1.0, np.random.default_rng(0))


def test_fitted_needs_histograms() -> None:
    rng, fill = np.random.default_rng(0), FillSettings(kind="fitted")
    with pytest.raises(InputError, match="priors fit"):
        sample_fill(["liver"], DataSettings(), fill, PRIORS, 1.0, rng)
    header = "name,hu_pv_mean,hu_sd_between,hu_sd_texture,hu_native_mean,quantiles\n"
    fitted = parse_priors(header + f"liver,100,5,10,50,{' '.join(map(str, range(57)))}\n", "mine")
    drawn = sample_fill(["liver"], DataSettings(), fill, fitted, 1.0, rng)
    assert drawn["liver"]["quantiles"] == list(range(57))
