import pytest

from tests.stages.chain import SMALL, build_all


@pytest.fixture(scope="session")
def made(configured, tmp_path_factory):
    """Return the folder of all stages, and the cohort with its stage, the clean volumes and the training set."""
    root = tmp_path_factory.mktemp("stages")
    return root, build_all(configured(*SMALL), root)
