"""What the tests of several files' readers share."""

import numpy as np
import pytest


@pytest.fixture
def hu() -> np.ndarray:
    return np.random.default_rng(0).integers(-1000, 1000, (6, 5, 4)).astype(np.float32)
