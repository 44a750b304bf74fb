from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from labelct.errors import SettingError
from labelct.synthesis import blur
from labelct.synthesis.blur import FWHM, slice_weights, spread_weights
from labelct.synthesis.kernels.arrays.filter import normal_table
from tests.synthesis.cases import empty, scene, threads

SHAPE, SPACING = (40, 22, 19), (1.0, 1.5, 3.0)


def params(**settings: float) -> dict[str, Any] | None:
    return blur.sample(scene(empty((1, 1, 1)), blur=blur.Settings(**settings)), np.random.default_rng(0))


def blurred(volume: np.ndarray, spacing: tuple[float, float, float], drawn: dict[str, Any] | None) -> np.ndarray:
    given = scene(empty(volume.shape, spacing))
    given.volume = volume
    blur.apply(given, drawn)
    return given.volume


def some_hu() -> np.ndarray:
    return np.random.default_rng(1).normal(40, 200, SHAPE).astype(np.float32)


def test_nothing_asked_for_is_nothing_done() -> None:
    given = some_hu()
    assert params() is None
    assert blurred(given, SPACING, params()) is given


def test_the_point_spread_is_a_gaussian_of_that_width_in_mm() -> None:
    sharp = np.zeros((41, 41, 41), np.float32)
    sharp[20, 20, 20] = 1e4
    spread = blurred(sharp, (1.0, 1.0, 2.0), params(psf_mm=6.0))
    over_voxel = [((width / FWHM) ** 2 + 1 / 12) ** 0.5 for width in (6, 6, 3)]
    expected = gaussian_filter(sharp, over_voxel)
    assert np.abs(spread - expected).max() < 0.02 * expected.max()
    assert spread.sum() == pytest.approx(1e4, rel=1e-4)


def test_a_slice_is_the_mean_over_its_thickness() -> None:
    assert slice_weights(0.4).tolist() == [1.0]
    assert slice_weights(3.0) == pytest.approx([1 / 3] * 3)
    assert slice_weights(2.0) == pytest.approx([0.25, 0.5, 0.25])
    given = some_hu()
    thick = blurred(given, SPACING, params(slice_mm=9.0))
    assert np.allclose(thick[:, :, 1:-1], (given[:, :, :-2] + given[:, :, 1:-1] + given[:, :, 2:]) / 3, atol=1e-3)


def test_borders_of_organs_hold_partial_volume() -> None:
    step = np.full((20, 6, 6), -100, np.float32)
    step[10:] = 100
    soft = blurred(step, (1.0, 1.0, 1.0), params(psf_mm=3.0))[:, 3, 3]
    assert (np.diff(soft) >= -1e-3).all()
    assert ((soft > -90) & (soft < 90)).sum() >= 2
    assert soft[[0, -1]] == pytest.approx([-100, 100], abs=0.01)


def test_weights_add_up_for_any_width() -> None:
    for width in (0.01, 0.2, 1.0, 2.7, 11.0):
        assert spread_weights(width).sum() == pytest.approx(1)
        assert slice_weights(width).sum() == pytest.approx(1)


def test_white_noise_is_normal_independent_and_the_same_for_any_threads() -> None:
    flat, drawn = np.zeros((60, 50, 40), np.float32), params(noise_hu=20.0)
    with threads(1):
        noise = blurred(flat, (1.0, 1.0, 1.0), drawn)
    with threads(3):
        assert noise.tobytes() == blurred(flat, (1.0, 1.0, 1.0), drawn).tobytes()
    assert noise.mean() == pytest.approx(0, abs=0.3)
    assert noise.std() == pytest.approx(20, rel=0.01)
    assert np.quantile(noise, [0.0228, 0.9772]) == pytest.approx([-40, 40], abs=1)
    for axis in range(3):
        assert abs(np.corrcoef(noise.ravel(), np.roll(noise, 1, axis).ravel())[0, 1]) < 0.01
    assert np.abs(normal_table()).max() > 4


def test_threads_do_not_change_a_blur() -> None:
    drawn = params(psf_mm=4.0, slice_mm=8.0)
    with threads(1):
        alone = blurred(some_hu(), SPACING, drawn)
    with threads(3):
        assert alone.tobytes() == blurred(some_hu(), SPACING, drawn).tobytes()


def test_settings_are_checked() -> None:
    with pytest.raises(SettingError, match=r"blur\.psf_mm=-1"):
        blur.Settings(psf_mm=-1.0)
