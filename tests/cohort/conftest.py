from pathlib import Path

import pytest

from tests.cohort.folders import write_folder


@pytest.fixture
def root(tmp_path) -> Path:
    return write_folder(tmp_path)
