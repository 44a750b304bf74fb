import numpy as np
import pytest

from labelct.scanner import analytic, rebin

WATER = 0.01926


def test_cubic_reproduces_cubics():
    fraction = np.linspace(0, 1, 7)
    nodes = np.arange(-1, 3)
    np.testing.assert_allclose((rebin.cubic(fraction) * nodes**3).sum(-1), fraction**3, atol=1e-12)


def test_rebinned_cylinder_is_its_parallel_projection(helix):
    wedge = rebin.Wedge.of(helix)
    cone = analytic.line_integrals([analytic.cylinder(90, WATER, (12.0, -5.0))], helix)
    count = 8
    first, middle = wedge.margin, helix.rows // 2
    identity = rebin.thickness_weights(helix, 0.1)
    from labelct.scanner.rebin import _rebin, _sources

    out = np.empty((count, helix.channels, wedge.rows), np.float32)
    _rebin(cone, first, *_sources(wedge), identity, rebin.bands(identity), out)
    theta = helix.angle(first + np.arange(count))[:, None]
    u = wedge.u - (12.0 * np.sin(theta) + 5.0 * np.cos(theta))
    exact = 2 * WATER * np.sqrt(np.maximum(90.0**2 - u**2, 0))
    inside = abs(np.abs(u) - 90) > 8
    np.testing.assert_allclose(out[..., middle][inside], exact[inside], atol=5e-3)


@pytest.mark.parametrize("thickness", [0.1, 3.0, 5.0, 9.0])
def test_row_weights_have_the_chosen_thickness(helix, thickness):
    mix = rebin.thickness_weights(helix, thickness)
    cosine = helix.source_detector / np.hypot(helix.source_detector, helix.v)
    np.testing.assert_allclose((mix / cosine).sum(1), 1, rtol=1e-5)
    middle = mix[helix.rows // 2]
    width = 3.0 * np.count_nonzero(middle)
    assert max(thickness, 3.0) <= width + 3.0
