import numpy as np
import pytest

from labelct.scanner.backends.numba.noise import count_photons, measure, normal, philox, poisson
from labelct.scanner.noise import NORMAL_FROM
from tests.scanner.philox import philox as published


def words(cells, seed=0, channel=0, view=0):
    found = np.empty((4, cells), np.uint64)
    philox(found, channel, view, np.uint64(seed))
    return found


def counts(expected, cells, electronic_noise=0.0, seed=0):
    found = np.empty(cells, np.float32)
    count_photons(np.full(cells, expected, np.float32), words(cells, seed), np.float32(electronic_noise), found)
    return found.astype(float)


def test_random_words_are_those_of_the_published_generator():
    found = words(9, (5 << 32) | 7, 123, 456)
    assert [tuple(map(int, column)) for column in found.T] == [
        published((row, 123, 456, 0), (7, 5)) for row in range(9)
    ]


def test_normal_numbers_have_the_quantiles_of_the_normal_distribution():
    from scipy.stats import norm

    halves = np.linspace(0, 2**31 - 1, 2001).astype(np.uint64)
    found = np.array([normal(word) for word in 2 * halves + np.uint64(1)])
    np.testing.assert_allclose(found, -norm.ppf((halves + 0.5) / 2**32), rtol=1e-3, atol=1e-6)
    assert normal(np.uint64(2 * 12345)) == -normal(np.uint64(2 * 12345 + 1))


@pytest.mark.parametrize("expected", [1e-3, 0.5, 7.0, 49.9])
def test_few_photons_follow_the_poisson_distribution_exactly(expected):
    from scipy.stats import poisson as exact

    for u in np.linspace(0.0005, 0.9995, 500):
        high = int(u * 2**27) << 5
        assert poisson(expected, np.uint64(high), np.uint64(0)) == exact.ppf((high >> 5) / 2**27 + 2**-54, expected)


@pytest.mark.parametrize("expected", [0.5, 5.0, 49.0, 51.0, 400.0, 1e5])
def test_counts_have_the_moments_of_poisson_plus_electronics(expected):
    found = counts(expected, 400_000, 3.0)
    variance = expected + 9.0
    third = ((found - found.mean()) ** 3).mean()
    assert found.mean() == pytest.approx(expected, abs=5 * np.sqrt(variance / 4e5))
    assert found.var() == pytest.approx(variance, rel=0.02)
    assert third == pytest.approx(expected, abs=5 * np.sqrt(15 * variance**3 / 4e5))


def test_skewed_normal_is_as_good_as_poisson_where_it_starts():
    from scipy.stats import poisson as exact

    found = np.sort(counts(NORMAL_FROM, 1_000_000))
    whole = np.arange(20, 90)
    below = np.searchsorted(found, whole + 0.5) / len(found)
    assert np.abs(below - exact.cdf(whole, NORMAL_FROM)).max() < 0.004


def test_neighbouring_cells_channels_views_and_seeds_are_independent():
    streams = [counts(1e4, 50_000, seed=seed) for seed in (0, 1)]
    streams += [streams[0][1:], np.roll(streams[0], 1)]
    for one, other in ((0, 1), (0, 3)):
        assert abs(np.corrcoef(streams[one], streams[other])[0, 1]) < 5 / np.sqrt(50_000)
    assert not np.array_equal(words(8, view=1), words(8, channel=1))


def test_photons_do_not_depend_on_threads(one_thread):
    import numba

    clean, photons = np.ones((40, 3, 16), np.float32), np.full(3, 100.0, np.float32)
    single = measure(clean, 0, photons, 3.3, 7)
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    np.testing.assert_array_equal(measure(clean, 0, photons, 3.3, 7), single)
