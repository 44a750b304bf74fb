from __future__ import annotations

import numpy as np
import pytest

from labelct.synthesis.bank import Bank, make_bank
from labelct.synthesis.case import Case
from tests.synthesis.cases import trunk


@pytest.fixture
def case() -> Case:
    return trunk()


@pytest.fixture
def bank() -> Bank:
    rng = np.random.default_rng(1)
    clips = [rng.integers(0, 256, shape).astype(np.uint8) for shape in ((9, 20, 30), (5, 40, 17))]
    return make_bank(clips, ["one", "two"])
