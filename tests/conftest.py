"""What several tests share: real data where it is, and a small experiment composed from the shipped files."""

import os
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from labelct.config import configuration_folder, typed


@pytest.fixture(scope="session")
def real_data():
    """Return the folder of real CT and label maps, or skip."""
    folder = os.environ.get("LABELCT_REAL_DATA")
    if not folder:
        pytest.skip("LABELCT_REAL_DATA is not set: no real data")
    return Path(folder)


@pytest.fixture(scope="session")
def configured():
    """Return a function that composes and checks a configuration from overrides."""

    def make(*overrides):
        with initialize_config_dir(version_base="1.3", config_dir=str(configuration_folder().absolute())):
            return typed(compose("config", overrides=list(overrides)))

    return make
