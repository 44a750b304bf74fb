import numpy as np
import pytest

from labelct.scanner import dose as tube
from labelct.scanner.geometry import Helix
from labelct.scanner.settings import DoseSettings


def cells(channels=1, views=1000, width=0.6):
    magnification = 1040 / 570
    pitch = width * magnification / 1040
    return Helix(570.0, 1040.0, channels, pitch, 0.0, 16, width * magnification, views, 10.0, views)


def test_full_dose_is_two_hundred_thousand_photons_in_the_reference_cell():
    assert tube.fluence(DoseSettings(), cells())[0] == pytest.approx(2e5, rel=0.02)
    assert tube.fluence(DoseSettings(mas=16.5), cells())[0] == pytest.approx(2e4, rel=0.02)


def test_photons_grow_with_the_cell_and_shrink_with_the_views():
    reference = tube.fluence(DoseSettings(), cells())[0]
    assert tube.fluence(DoseSettings(), cells(width=1.2))[0] == pytest.approx(4 * reference)
    assert tube.fluence(DoseSettings(), cells(views=250))[0] == pytest.approx(4 * reference)


def test_photons_given_are_photons_counted():
    assert tube.fluence(DoseSettings(mas=None, photons=4096), cells())[0] == pytest.approx(4096)


@pytest.mark.parametrize("name", tube.BOWTIE_FLUENCE)
def test_bowtie_meets_its_anchors_and_falls_from_the_middle(name):
    inner, outer = tube.BOWTIE_FLUENCE[name]
    found = tube.bowtie(name, np.deg2rad([0.0, 11.0, -11.0, 23.0, 26.0]))
    np.testing.assert_allclose(found, [1, inner, inner, outer, outer])
    assert (np.diff(tube.bowtie(name, np.deg2rad(np.linspace(0, 26, 50)))) <= 1e-12).all()


@pytest.mark.parametrize("expected", [0.5, 5.0, 49.0, 51.0, 400.0, 1e5])
def test_counts_have_the_moments_of_poisson_plus_electronics(expected):
    counts = tube.sample_counts(np.full(400_000, expected, np.float32), 3.0, np.random.default_rng(0)).astype(float)
    variance = expected + 9.0
    third = ((counts - counts.mean()) ** 3).mean()
    assert counts.mean() == pytest.approx(expected, abs=5 * np.sqrt(variance / 4e5))
    assert counts.var() == pytest.approx(variance, rel=0.02)
    assert third == pytest.approx(expected, abs=5 * np.sqrt(15 * variance**3 / 4e5))


def test_skewed_normal_is_as_good_as_poisson_where_it_starts():
    from scipy.stats import poisson

    level = tube.NORMAL_FROM
    counts = tube.sample_counts(np.full(1_000_000, level, np.float32), 0.0, np.random.default_rng(1))
    whole = np.arange(20, 90)
    found = np.searchsorted(np.sort(counts), whole + 0.5) / len(counts)
    assert np.abs(found - poisson.cdf(whole, level)).max() < 0.004


def test_log_of_low_counts_is_biased_as_theory_says():
    photons = np.array([1e4], np.float32)
    clean = np.full((40, 1, 4000), np.log(100.0), np.float32)
    error = tube.noisy_views(clean, photons, 0.0, 3, 0) - clean
    assert error.mean() == pytest.approx(1 / 200, abs=5 * 0.1 / 400)
    assert error.var() == pytest.approx(1 / 100, rel=0.03)


def test_starved_rays_stay_finite():
    noisy = tube.noisy_views(np.full((2, 3, 100), 40.0, np.float32), np.full(3, 1e4, np.float32), 3.3, 0, 0)
    assert np.isfinite(noisy).all()
    assert noisy.max() == pytest.approx(np.log(1e4), rel=1e-5)


def test_views_can_be_measured_in_any_order(one_thread):
    clean, photons = np.ones((10, 3, 16), np.float32), np.full(3, 1e3, np.float32)
    whole = tube.noisy_views(clean, photons, 3.3, 7, 0)
    np.testing.assert_array_equal(tube.noisy_views(clean[6:], photons, 3.3, 7, 6), whole[6:])
    assert not np.array_equal(whole[0], whole[1])
