import pytest

from tests.report.runs import write_doses, write_sweep


@pytest.fixture
def sweep(tmp_path):
    return write_sweep(tmp_path)


@pytest.fixture
def doses(tmp_path):
    return write_doses(tmp_path)
