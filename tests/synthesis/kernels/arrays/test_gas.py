from __future__ import annotations

import numpy as np
import pytest

from labelct.synthesis.kernels.arrays.gas import gas_voxels
from tests.synthesis.cases import trunk, where

SPACING = (4.0, 4.0, 5.0)
COLON = where(trunk(), "colon")


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.45, 0.9])
def test_gas_takes_its_fraction_of_the_organ_and_nothing_else(fraction: float) -> None:
    gas = gas_voxels(COLON, SPACING, {"fraction": fraction, "seed": 3})
    assert not (gas & ~COLON).any()
    assert gas.sum() == pytest.approx(fraction * COLON.sum(), abs=3)


def test_gas_lies_in_front() -> None:
    gas = gas_voxels(COLON, SPACING, {"fraction": 0.4, "seed": 3})
    front = np.arange(COLON.shape[1])[None, :, None]
    rest = COLON & ~gas
    assert (front * gas).sum() / gas.sum() > (front * rest).sum() / rest.sum() + 2


def test_loops_hold_shares_of_their_own_that_the_seed_draws() -> None:
    gas, other = (gas_voxels(COLON, SPACING, {"fraction": 0.4, "seed": seed}) for seed in (3, 4))
    assert not np.array_equal(gas, other)
    shares = (gas.sum(axis=1) / np.maximum(COLON.sum(axis=1), 1))[COLON.any(axis=1)]
    assert shares.std() > 0.1
