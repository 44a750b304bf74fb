import numpy as np
import pytest

from labelct.scanner.backends.numba.refine import _along, refine
from labelct.scanner.noise_only import coarse_helix
from labelct.scanner.settings import NoiseOnlySettings


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_an_axis_is_interpolated_linearly_and_its_ends_hold_on(axis):
    values = np.random.default_rng(0).random((5, 6, 7), dtype=np.float32)
    positions = np.array([-2.0, 0.0, 1.25, 3.999, 4.0, 50.0])
    expected = np.apply_along_axis(lambda line: np.interp(positions, np.arange(len(line)), line), axis, values)
    np.testing.assert_allclose(_along(values, axis, positions), expected, atol=1e-6)


def test_blocks_have_the_bits_of_the_whole(helix):
    coarse = coarse_helix(helix, NoiseOnlySettings())
    views = refine(np.random.default_rng(0).random(coarse.shape, dtype=np.float32), coarse, helix)
    np.testing.assert_array_equal(views(100, 150), views(0, helix.views)[100:150])
