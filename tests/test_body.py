import numpy as np

from labelct.body import largest_region


def test_the_body_is_found_beside_a_smaller_couch():
    hu = np.full((20, 20, 12), -1000.0)
    hu[4:14, 4:14] = 40
    hu[2:18, 17:19, ::2] = 100
    found = largest_region(hu, (2, 2, 2), -500.0)
    assert found.shape == (10, 10, 6)
    assert np.array_equal(found, (hu[::2, ::2, ::2] == 40))


def test_air_holds_no_body():
    assert not largest_region(np.full((4, 4, 4), -1000.0), (1, 1, 1), -500.0).any()
