import numpy as np
import pytest

from labelct.errors import SettingError
from labelct.mr import STORED, Settings, standardised, without_bias

SPACING = (2.0, 2.0, 4.0)


def test_the_percentiles_become_the_ends_and_what_lies_beyond_is_clipped():
    values = np.arange(1001, dtype=np.float32).reshape(13, 77, 1)
    found = standardised(values, SPACING, Settings(percentiles=[10.0, 90.0]), (-1.0, 1.0)).ravel()
    np.testing.assert_allclose(found[[0, 100, 500, 900, 1000]], [-1, -1, 0, 1, 1], atol=1e-6)
    np.testing.assert_allclose(found[300], -0.5, atol=1e-6)


def test_the_unit_of_the_scanner_makes_no_difference():
    values = np.random.default_rng(0).gamma(2, 40, (12, 12, 8))
    once, again = (
        standardised(values * factor + offset, SPACING, Settings()) for factor, offset in ((1, 0), (7.5, 90))
    )
    np.testing.assert_allclose(once, again, atol=1e-2)
    assert (once.min(), once.max()) == STORED


def test_one_value_stays_finite():
    found = standardised(np.full((3, 3, 3), 5.0), SPACING, Settings())
    np.testing.assert_array_equal(found, np.full((3, 3, 3), STORED[0], np.float32))


def test_n4_takes_out_a_bias_field():
    rng, grid = np.random.default_rng(0), np.meshgrid(*(np.linspace(-1, 1, n) for n in (24, 24, 8)), indexing="ij")
    tissue = np.where((grid[0] * 3).astype(int) % 2 == 0, 300.0, 150.0) + rng.normal(0, 5, grid[0].shape)
    tissue[(grid[0] ** 2 + grid[1] ** 2) > 0.9] = 2.0
    inside = tissue > 20
    biased = tissue * np.exp(0.5 * grid[0] + 0.4 * grid[1])
    corrected = without_bias(biased, (4.0, 4.0, 4.0))
    spread = [np.std(np.log(image[inside] / tissue[inside])) for image in (biased, corrected)]
    assert spread[1] < 0.35 * spread[0]


@pytest.mark.parametrize("percentiles", [[1.0], [99.0, 1.0], [-1.0, 99.0], [1.0, 101.0]])
def test_percentiles_that_are_none_are_named(percentiles):
    with pytest.raises(SettingError, match=r"mr\.percentiles"):
        Settings(percentiles=percentiles)
