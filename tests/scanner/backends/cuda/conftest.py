import math

import numpy as np
import pytest

from labelct.errors import SettingError
from labelct.scanner.backends import backend
from labelct.scanner.backends.cuda.device import INTERPRETED, check
from labelct.scanner.geometry import Grid, plan
from labelct.scanner.settings import ReconSettings, ScannerSettings


@pytest.fixture
def cuda():
    """The backend on a card, or interpreted where `test_interpreter` runs these tests again."""
    try:
        return backend("cuda")
    except SettingError as error:
        pytest.skip(str(error))


@pytest.fixture
def card(cuda):
    """The backend on a card and nowhere else: sizes beyond the interpreter."""
    if INTERPRETED:
        pytest.skip("interpreted: no card")
    check()
    return cuda


@pytest.fixture
def reference():
    return backend("numba")


@pytest.fixture
def scanner():
    """A scanner small enough for the interpreter, whose rows fill neither a program nor a warp."""
    return ScannerSettings(
        kind="helical",
        channels=64,
        channel_pitch=math.radians(40) / 64,
        rows=6,
        row_width=8.0,
        views=48,
        recon=ReconSettings(kernel="ram-lak", slice_thickness=8.0),
    )


@pytest.fixture
def grid():
    return Grid.centred((26, 22, 10), (9.0, 10.0, 6.0))


@pytest.fixture
def helix(scanner, grid):
    return plan(scanner, grid)


@pytest.fixture
def volume(grid):
    return np.random.default_rng(0).random(grid.shape, dtype=np.float32) * np.float32(0.02)
