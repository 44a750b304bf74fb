import math
from collections.abc import Iterator

import numba
import pytest

from labelct.errors import SettingError
from labelct.scanner.backends import BACKENDS, Backend, backend
from labelct.scanner.geometry import Grid, Helix, plan
from labelct.scanner.settings import ReconSettings, ScannerSettings

WATER = 0.01926


@pytest.fixture
def scanner() -> ScannerSettings:
    """A small scanner with the proportions of a real one."""
    return ScannerSettings(
        kind="helical",
        channels=160,
        channel_pitch=math.radians(40) / 160,
        rows=16,
        row_width=3.0,
        views=192,
        recon=ReconSettings(kernel="ram-lak", slice_thickness=3.0),
    )


@pytest.fixture
def grid() -> Grid:
    return Grid.centred((64, 56, 20), (4.0, 4.0, 3.0))


@pytest.fixture
def helix(scanner: ScannerSettings, grid: Grid) -> Helix:
    return plan(scanner, grid)


@pytest.fixture
def one_thread() -> Iterator[None]:
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(before)


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.gpu) if name == "cuda" else name for name in BACKENDS])
def backend_name(request: pytest.FixtureRequest) -> str:
    """Every backend of the table that this machine can run."""
    try:
        backend(request.param)
    except SettingError as error:
        pytest.skip(str(error))
    return request.param


@pytest.fixture
def worker(backend_name: str) -> Backend:
    return backend(backend_name)
