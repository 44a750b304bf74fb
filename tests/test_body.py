import numpy as np

from labelct.body import largest_region


def test_the_patient_is_the_larger_region_and_the_couch_is_not():
    hu = np.full((40, 40, 20), -1000, np.float32)
    hu[10:30, 15:35] = 40
    hu[5:35, 4:8] = 300
    found = largest_region(hu, (1, 1, 1), -500)
    assert np.array_equal(found, np.broadcast_to((hu == 40), found.shape))


def test_corners_do_not_join_a_region():
    hu = np.full((6, 6, 6), -1000, np.float32)
    hu[:3, :3, :3], hu[3:5, 3:5, 3:5] = 0, 0
    assert largest_region(hu, (1, 1, 1), -500).sum() == 27


def test_a_thinned_ct_is_looked_at_every_so_many_voxels():
    hu = np.full((12, 12, 6), 0, np.float32)
    assert largest_region(hu, (4, 3, 2), -500).shape == (3, 4, 3)


def test_air_has_no_region():
    found = largest_region(np.full((4, 4, 4), -1000, np.float32), (1, 1, 1), -500)
    assert found.shape == (4, 4, 4)
    assert not found.any()
