import numpy as np
import pytest

from labelct.evaluation.volumetry import StructureMeasurement, measure

LABELS = {"spleen": 7, "liver": 1, "gallbladder": 9}


def test_volume_mean_and_deviation_are_those_of_the_structures_own_voxels():
    labels, hu = np.zeros((5, 6, 7), np.uint8), np.full((5, 6, 7), -1000, np.float32)
    labels[1:3, 2:4, 3:5] = 1
    hu[1, 2:4, 3:5], hu[2, 2:4, 3:5] = 40, 60
    labels[4, 5, 6], hu[4, 5, 6] = 7, 120
    spleen, liver, gallbladder = measure(labels, LABELS, (2.0, 2.0, 2.5), hu)
    assert liver == StructureMeasurement("liver", 8, pytest.approx(0.08), 50.0, 10.0, ())
    assert spleen == StructureMeasurement(
        "spleen", 1, pytest.approx(0.01), 120.0, 0.0, ("right", "anterior", "superior")
    )
    assert gallbladder == StructureMeasurement("gallbladder", 0, 0.0, None, None, None)


def test_an_image_in_another_unit_has_volumes_alone():
    labels = np.ones((3, 3, 3), np.uint8)
    (liver,) = measure(labels, {"liver": 1}, (10.0, 10.0, 10.0), None)
    assert (liver.voxels, liver.volume_ml, liver.mean_hu, liver.sd_hu) == (27, 27.0, None, None)


@pytest.mark.parametrize(
    ("axis", "place", "ends"),
    [
        (0, 0, ("left",)),
        (0, -1, ("right",)),
        (1, 0, ("posterior",)),
        (1, -1, ("anterior",)),
        (2, 0, ("inferior",)),
        (2, -1, ("superior",)),
        (2, 1, ()),
        (2, -2, ()),
    ],
)
def test_a_structure_that_reaches_the_end_of_the_image_is_truncated_there(axis, place, ends):
    labels = np.zeros((5, 6, 7), np.uint8)
    middle = [2, 2, 2]
    middle[axis] = place
    labels[tuple(middle)] = 1
    assert measure(labels, {"liver": 1}, (1.0, 1.0, 1.0), None)[0].truncated == ends


def test_the_end_of_what_was_segmented_cuts_as_the_end_of_the_image_does():
    labels = np.zeros((9, 9, 4), np.uint8)
    labels[2:7, 3:5, 1:3] = 1
    labels[4, 4, 1] = 2
    middle = np.s_[2:7, 2:7, :]
    organ, inner = measure(labels, {"liver": 1, "lesion": 2}, (1.0, 1.0, 1.0), None, middle)
    assert (organ.truncated, inner.truncated) == (("left", "right"), ())
    assert measure(labels, {"liver": 1}, (1.0, 1.0, 1.0), None)[0].truncated == ()


def test_sums_over_many_voxels_keep_their_digits():
    hu = np.full((200, 200, 150), 1000.25, np.float32)
    (liver,) = measure(np.ones(hu.shape, np.uint8), {"liver": 1}, (1, 1, 1), hu)
    assert (liver.mean_hu, liver.sd_hu) == (pytest.approx(1000.25, abs=1e-6), pytest.approx(0, abs=1e-6))
