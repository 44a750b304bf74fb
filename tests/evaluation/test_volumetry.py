import numpy as np
import pytest

from labelct.evaluation.volumetry import Measured, measure

LABELS = {"spleen": 7, "liver": 1, "gallbladder": 9}


def test_volume_mean_and_deviation_are_those_of_the_structures_own_voxels():
    labels, hu = np.zeros((5, 6, 7), np.uint8), np.full((5, 6, 7), -1000, np.float32)
    labels[1:3, 2:4, 3:5] = 1
    hu[1, 2:4, 3:5], hu[2, 2:4, 3:5] = 40, 60
    labels[4, 5, 6], hu[4, 5, 6] = 7, 120
    spleen, liver, gallbladder = measure(labels, LABELS, (2.0, 2.0, 2.5), hu)
    assert liver == Measured("liver", 8, pytest.approx(0.08), 50.0, 10.0)
    assert spleen == Measured("spleen", 1, pytest.approx(0.01), 120.0, 0.0)
    assert gallbladder == Measured("gallbladder", 0, 0.0, None, None)


def test_an_image_in_another_unit_has_volumes_alone():
    labels = np.ones((3, 3, 3), np.uint8)
    assert measure(labels, {"liver": 1}, (10.0, 10.0, 10.0), None) == [Measured("liver", 27, 27.0, None, None)]


def test_sums_over_many_voxels_keep_their_digits():
    hu = np.full((200, 200, 150), 1000.25, np.float32)
    (liver,) = measure(np.ones(hu.shape, np.uint8), {"liver": 1}, (1, 1, 1), hu)
    assert (liver.mean_hu, liver.sd_hu) == (pytest.approx(1000.25, abs=1e-6), pytest.approx(0, abs=1e-6))
