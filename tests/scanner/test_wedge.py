import numpy as np
import pytest

from labelct.scanner.wedge import Wedge, bands, cubic, sources, thickness_weights


def test_cubic_reproduces_cubics():
    fraction = np.linspace(0, 1, 7)
    nodes = np.arange(-1, 3)
    np.testing.assert_allclose((cubic(fraction) * nodes**3).sum(-1), fraction**3, atol=1e-12)


def test_rays_lie_evenly_over_the_circle_that_every_view_sees(helix):
    wedge = Wedge.of(helix)
    np.testing.assert_allclose(np.diff(wedge.u), wedge.spacing)
    np.testing.assert_allclose(wedge.u, helix.source_isocentre * np.sin(wedge.gamma))
    assert wedge.u[-1] == pytest.approx(helix.field_of_view)
    assert wedge.rows % 16 == 0
    assert 0 <= wedge.rows - helix.rows < 16


def test_sources_are_the_views_and_channels_that_see_a_ray(helix):
    wedge = Wedge.of(helix)
    view, view_weight, channel, channel_weight = sources(wedge)
    four = np.arange(4)
    number = (view_weight * (view[:, None] + four)).sum(1)
    np.testing.assert_allclose(number * helix.view_pitch, -wedge.gamma, atol=1e-6)
    gamma = (channel_weight * helix.gamma[channel[:, None] + four]).sum(1)
    np.testing.assert_allclose(gamma, wedge.gamma, atol=1e-6)
    assert view.min() >= -wedge.margin
    assert view.max() + 3 <= wedge.margin


@pytest.mark.parametrize("thickness", [0.1, 3.0, 5.0, 9.0])
def test_row_weights_have_the_chosen_thickness(helix, thickness):
    mix = thickness_weights(helix, thickness)
    cosine = helix.source_detector / np.hypot(helix.source_detector, helix.v)
    np.testing.assert_allclose((mix / cosine).sum(1), 1, rtol=1e-5)
    middle = mix[helix.rows // 2]
    width = 3.0 * np.count_nonzero(middle)
    assert max(thickness, 3.0) <= width + 3.0


@pytest.mark.parametrize("thickness", [4.5, 6.0, 7.5, 9.0, 12.0, 15.0])
def test_a_thin_sheet_is_seen_as_thick_as_slices_are_chosen(helix, thickness):
    """Full width at half maximum of a slice on the axis, its rows interpolated as the backprojection does."""
    width = helix.collimation / helix.rows
    middle = thickness_weights(helix, thickness)[helix.rows // 2]
    at = (np.arange(helix.rows) - helix.rows // 2) * width
    z = np.linspace(-20, 20, 4001)
    profile = (middle[:, None] * np.clip(1 - np.abs(z - at[:, None]) / width, 0, None)).sum(0)
    wide = z[profile >= profile.max() / 2]
    assert wide[-1] - wide[0] == pytest.approx(max(thickness, width), abs=0.5 * width)
    assert (profile * z).sum() / profile.sum() == pytest.approx(0, abs=1e-3)


def test_bands_hold_every_weight_and_no_more(helix):
    mix = thickness_weights(helix, 9.0)
    for row, (first, stop) in enumerate(bands(mix)):
        assert not mix[row, :first].any()
        assert not mix[row, stop:].any()
        assert (mix[row, first:stop] > 0).all()
