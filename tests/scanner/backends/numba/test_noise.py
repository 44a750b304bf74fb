import numpy as np
import pytest

from labelct.scanner.backends.numba.noise import measure, sample_counts
from labelct.scanner.dose import NORMAL_FROM


@pytest.mark.parametrize("expected", [0.5, 5.0, 49.0, 51.0, 400.0, 1e5])
def test_counts_have_the_moments_of_poisson_plus_electronics(expected):
    counts = sample_counts(np.full(400_000, expected, np.float32), 3.0, np.random.default_rng(0)).astype(float)
    variance = expected + 9.0
    third = ((counts - counts.mean()) ** 3).mean()
    assert counts.mean() == pytest.approx(expected, abs=5 * np.sqrt(variance / 4e5))
    assert counts.var() == pytest.approx(variance, rel=0.02)
    assert third == pytest.approx(expected, abs=5 * np.sqrt(15 * variance**3 / 4e5))


def test_skewed_normal_is_as_good_as_poisson_where_it_starts():
    from scipy.stats import poisson

    counts = sample_counts(np.full(1_000_000, NORMAL_FROM, np.float32), 0.0, np.random.default_rng(1))
    whole = np.arange(20, 90)
    found = np.searchsorted(np.sort(counts), whole + 0.5) / len(counts)
    assert np.abs(found - poisson.cdf(whole, NORMAL_FROM)).max() < 0.004


def test_photons_do_not_depend_on_threads(one_thread):
    import numba

    clean, photons = np.ones((40, 3, 16), np.float32), np.full(3, 100.0, np.float32)
    single = measure(clean, 0, photons, 3.3, 7)
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    np.testing.assert_array_equal(measure(clean, 0, photons, 3.3, 7), single)
