"""HU go into [-1, 1] and come back."""

import numpy as np
import pytest

from labelct.translation.intensity import hu_of, scaled


def test_the_window_is_the_whole_range():
    assert scaled(np.array([-500.0, 0.0, 500.0]), (-500, 500)).tolist() == [-1, 0, 1]
    assert hu_of(np.array([-1.0, 0.0, 1.0], np.float32), (-500, 500)).tolist() == [-500, 0, 500]


@pytest.mark.parametrize("window", [(-500.0, 500.0), (-1024.0, 3071.0), (-160.0, 240.0)])
def test_hu_within_the_window_come_back(window):
    hu = np.linspace(*window, 4001, dtype=np.float32)
    assert np.abs(hu_of(scaled(hu, window), window) - hu).max() < 1e-3


def test_hu_beyond_the_window_come_back_as_its_ends():
    beyond = np.array([-1000.0, 2000.0])
    assert hu_of(scaled(beyond, (-500, 500)), (-500, 500)).tolist() == [-500, 500]
