from __future__ import annotations

import numpy as np
import pytest
from labelct.synthesis.priors import load_priors

from labelct.synthesis.gas import place_gas, sample_gas
from tests.synthesis.cases import Case

SPACING = (4.0, 4.0, 5.0)


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.45, 0.9])
def test_gas_takes_its_fraction_of_the_organ_and_nothing_else(case: Case, fraction: float) -> None:
    organ = case.where("colon")
    gas = place_gas(organ, SPACING, {"fraction": fraction, "seed": 3})
    assert not (gas & ~organ).any()
    assert gas.sum() == pytest.approx(fraction * organ.sum(), abs=3)


def test_gas_lies_in_front(case: Case) -> None:
    organ = case.where("colon")
    gas = place_gas(organ, SPACING, {"fraction": 0.4, "seed": 3})
    front = np.arange(organ.shape[1])[None, :, None]
    assert (front * gas).sum() / gas.sum() > (front * (organ & ~gas)).sum() / (organ & ~gas).sum() + 2


def test_the_drawn_fraction_has_the_priors_mean() -> None:
    colon, rng = load_priors()["colon"], np.random.default_rng(0)
    fractions = [sample_gas(colon, rng)["fraction"] for _ in range(2000)]
    assert np.mean(fractions) == pytest.approx(0.4, abs=0.02)
    assert max(fractions) <= 0.9
