import pytest

from tests.report.runs import coarse_pictures, write_doses, write_sweep


@pytest.fixture(autouse=True)
def coarse(request, monkeypatch):
    """Draw in a tenth of the dots, for time, where the dots are not what is tested."""
    if "test_plots" not in request.module.__name__:
        coarse_pictures(monkeypatch)


@pytest.fixture
def sweep(tmp_path):
    return write_sweep(tmp_path)


@pytest.fixture
def doses(tmp_path):
    return write_doses(tmp_path)
