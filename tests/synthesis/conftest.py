from __future__ import annotations

import numpy as np
import pytest

from labelct.synthesis.bank import Bank, make_bank
from tests.synthesis.cases import Case, ball


@pytest.fixture
def case() -> Case:
    label_map = np.zeros((40, 36, 24), np.uint8)
    label_map[ball(label_map.shape, (28, 20, 14), (8, 8, 7))] = 5
    label_map[ball(label_map.shape, (9, 15, 14), (4, 4, 4))] = 1
    label_map[ball(label_map.shape, (18, 26, 8), (6, 5, 5))] = 20
    label_map[ball(label_map.shape, (20, 8, 12), (4, 4, 30))] = 31
    return Case(label_map, (4.0, 4.0, 5.0))


@pytest.fixture
def bank() -> Bank:
    rng = np.random.default_rng(1)
    clips = [rng.integers(0, 256, shape).astype(np.uint8) for shape in ((9, 20, 30), (5, 40, 17))]
    return make_bank(clips, ["one", "two"])
