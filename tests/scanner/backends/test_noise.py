"""What every backend measures of noise-free views, against the statistics of photons."""

import numpy as np
import pytest


def measured(worker, clean, photons, electronic_noise=0.0, seed=3, first=0):
    given = np.full(clean.shape[1], photons, np.float32)
    return worker.host(worker.measure(clean, first, given, electronic_noise, seed))


@pytest.mark.parametrize(("counts", "electronics"), [(400.0, 0.0), (400.0, 30.0), (1e4, 3.3)])
def test_variance_is_that_of_photons_and_electronics(worker, counts, electronics):
    clean = np.full((40, 1, 4000), 2.0, np.float32)
    error = measured(worker, clean, counts * np.exp(2.0), electronics) - clean
    assert error.var() == pytest.approx(1 / counts + (electronics / counts) ** 2, rel=0.03)


def test_log_of_low_counts_is_biased_as_theory_says(worker):
    clean = np.full((40, 1, 4000), np.log(100.0), np.float32)
    error = measured(worker, clean, 1e4) - clean
    assert error.mean() == pytest.approx(1 / 200, abs=5 * 0.1 / 400)
    assert error.var() == pytest.approx(1 / 100, rel=0.03)


def test_starved_rays_stay_finite(worker):
    noisy = measured(worker, np.full((2, 3, 100), 40.0, np.float32), 1e4, 3.3)
    assert np.isfinite(noisy).all()
    assert noisy.max() == pytest.approx(np.log(1e4), rel=1e-5)


def test_views_can_be_measured_in_any_order(worker):
    clean = np.ones((10, 3, 16), np.float32)
    whole = measured(worker, clean, 1e3, 3.3)
    np.testing.assert_array_equal(measured(worker, clean[6:], 1e3, 3.3, first=6), whole[6:])
    assert not np.array_equal(whole[0], whole[1])
    assert not np.array_equal(measured(worker, clean, 1e3, 3.3, seed=4), whole)


def test_each_channel_has_its_own_photons(worker):
    clean = np.zeros((40, 2, 2000), np.float32)
    noisy = worker.host(worker.measure(clean, 0, np.array([1e3, 1e5], np.float32), 0.0, 1))
    assert noisy[:, 0].var() / noisy[:, 1].var() == pytest.approx(100, rel=0.05)
