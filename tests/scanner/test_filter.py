import numpy as np
import pytest

from labelct.scanner import filter as ramp_filter
from labelct.scanner.settings import KERNELS


def test_ramp_has_the_small_mean_of_the_spatial_kernel_and_a_straight_flank():
    spacing = 0.8
    response = ramp_filter.ramp("ram-lak", 256, spacing)
    frequency = np.fft.rfftfreq(ramp_filter.fast_length(256), spacing)
    np.testing.assert_allclose(response[10:], frequency[10:], atol=2e-3 / spacing)
    assert 0 < response[0] < 2e-3


@pytest.mark.parametrize("kernel", KERNELS)
def test_windows_pass_low_frequencies_and_never_amplify(kernel):
    frequency = np.linspace(0, 0.6, 100)
    window = ramp_filter.apodisation(kernel, frequency, 0.6)
    assert window[0] == 1.0
    assert (np.diff(window) <= 1e-12).all()


def test_soft_kernel_has_the_same_resolution_on_every_fine_detector():
    half = np.array([ramp_filter.SOFT_HALF])
    assert ramp_filter.apodisation("soft", half, 0.75)[0] == pytest.approx(0.5)
    assert ramp_filter.apodisation("soft", half, 1.5)[0] == pytest.approx(0.5)


def test_transforms_are_long_enough_not_to_wrap():
    for channels in (31, 160, 736):
        assert ramp_filter.fast_length(channels) >= 2 * channels - 1
        assert len(ramp_filter.ramp("hann", channels, 1.0)) == ramp_filter.fast_length(channels) // 2 + 1
