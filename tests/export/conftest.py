import pytest

from tests.export.runs import finished


@pytest.fixture
def run(tmp_path):
    return finished(tmp_path / "outputs")


@pytest.fixture
def model(run):
    return run.parents[2] / "stages" / "training" / "0123456789ab"
