"""What tests of trackers share: no account, no network, and a slice to show."""

import os

import numpy as np
import pytest

from labelct.tracking.settings import SegmentedSlice


@pytest.fixture(autouse=True)
def _no_account(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith(("WANDB", "MLFLOW"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))


@pytest.fixture
def segmented():
    """Return a slice whose prediction misses the left half of the truth."""
    truth = np.zeros((6, 8), np.uint8)
    truth[2:4, 2:6] = 1
    prediction = truth.copy()
    prediction[:, :4] = 0
    image = np.full((6, 8), 100, np.uint8)
    return SegmentedSlice("own", "a", image, {"truth": truth, "prediction": prediction}, {1: "liver"}, {"liver": 0.667})
