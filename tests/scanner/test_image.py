import numpy as np
import pytest
import torch

from labelct.scanner import image
from labelct.scanner.settings import DoseSettings


@pytest.mark.parametrize(("thickness", "low", "high"), [(5.0, 10, 13), (3.0, 13, 17), (1.5, 18, 25)])
def test_liver_noise_at_full_dose_is_what_was_measured(thickness, low, high):
    assert low <= image.liver_noise(DoseSettings(), thickness) <= high


def test_a_quarter_of_the_dose_doubles_the_noise():
    quarter = image.liver_noise(DoseSettings(mas=165 / 4), 3.0)
    assert quarter == pytest.approx(2 * image.liver_noise(DoseSettings(), 3.0))


@pytest.mark.parametrize("spacing", [(0.7, 0.8, 1.5), (4.0, 4.0, 4.0)])
def test_noise_has_unit_standard_deviation_on_every_grid(spacing):
    assert image.noise_field((64, 51, 24), spacing, 0).std() == pytest.approx(1, abs=0.02)


def test_fine_pixels_see_grain_coarse_ones_white_noise():
    def neighbours(spacing):
        noise = image.noise_field((96, 96, 16), spacing, 1)
        return np.corrcoef(noise[1:].ravel(), noise[:-1].ravel())[0, 1]

    assert neighbours((0.7, 0.7, 1.0)) > 0.2
    assert abs(neighbours((4.0, 4.0, 4.0))) < 0.02


def test_no_dose_given_means_no_change():
    volume = np.random.default_rng(0).random((8, 8, 8), dtype=np.float32)
    sigma = image.liver_noise(DoseSettings(mas=None), 3.0)
    np.testing.assert_array_equal(image.apply(volume, (1.0, 1.0, 3.0), sigma, 0), volume)


@pytest.mark.parametrize("shape", [(31, 24, 5), (16, 17, 3)])
def test_the_noise_of_a_tensor_is_that_of_an_array(shape, device):
    volume = np.random.default_rng(0).normal(0, 300, shape).astype(np.float32)
    there = torch.from_numpy(volume).to(device)
    noisy = image.apply(there, (0.8, 0.7, 1.5), 20.0, 3)
    assert noisy.device == there.device
    assert noisy.dtype == torch.float32
    assert np.abs(noisy.cpu().numpy() - image.apply(volume, (0.8, 0.7, 1.5), 20.0, 3)).max() <= 1e-3
    assert image.apply(there, (0.8, 0.7, 1.5), 0.0, 3) is there
