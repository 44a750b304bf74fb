import numpy as np

from labelct.scanner.operations import arrays

VOLUME = np.arange(5 * 4 * 3, dtype=np.float32).reshape(5, 4, 3)


def test_blocks_over_the_edge_hold_air_in_the_plane_and_repeated_slices():
    found = arrays.block_means(VOLUME, (2, 3, 2))
    assert found.shape == (3, 2, 2)
    assert found[0, 0, 0] == VOLUME[:2, :3, :2].mean()
    assert found[0, 0, 1] == VOLUME[:2, :3, 2].mean()
    assert found[2, 1, 1] == np.float32(VOLUME[4, 3, 2] / 6)


def test_an_array_stays_itself():
    assert arrays.host(VOLUME) is VOLUME
    assert arrays.like(VOLUME, VOLUME) is VOLUME
    zeros = arrays.zeros((2, 3), VOLUME)
    assert (zeros.dtype, zeros.shape, zeros.any()) == (np.float32, (2, 3), False)
    with arrays.device_of(VOLUME):
        pass
