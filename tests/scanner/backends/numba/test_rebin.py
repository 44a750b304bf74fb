from dataclasses import replace

import numpy as np

from labelct.scanner import filter as ramp_filter
from labelct.scanner.backends.numba import rebin
from labelct.scanner.chunked_reconstruction import Reconstruction
from labelct.scanner.wedge import Wedge, bands, sources, thickness_weights
from tests.scanner import analytic

WATER = 0.01926


def test_rebinned_cylinder_is_its_parallel_projection(helix):
    wedge = Wedge.of(helix)
    cone = analytic.line_integrals([analytic.cylinder(90, WATER, (12.0, -5.0))], helix)
    count = 8
    first, middle = wedge.margin, helix.rows // 2
    identity = thickness_weights(helix, 0.1)
    out = np.empty((count, helix.channels, wedge.rows), np.float32)
    rebin._rebin(cone, first, *sources(wedge), identity, bands(identity), out)
    theta = helix.angle(first + np.arange(count))[:, None]
    u = wedge.u - (12.0 * np.sin(theta) + 5.0 * np.cos(theta))
    exact = 2 * WATER * np.sqrt(np.maximum(90.0**2 - u**2, 0))
    inside = abs(np.abs(u) - 90) > 8
    np.testing.assert_allclose(out[..., middle][inside], exact[inside], atol=5e-3)


def test_filtering_does_not_wrap_around():
    projections = np.zeros((1, 200, 2), np.float32)
    projections[:, 0] = 1.0
    filtered = rebin.ramp_filtered(projections, ramp_filter.ramp("ram-lak", 200, 1.0), ramp_filter.fast_length(200))
    assert abs(filtered[0, -1, 0]) < 1e-5


def test_directions_do_not_depend_on_those_beside_them(scanner, helix, grid):
    what = Reconstruction.of(replace(scanner), helix, grid)
    margin = what.wedge.margin
    cone = np.random.default_rng(0).random((2 * margin + 40, helix.channels, helix.rows), dtype=np.float32)
    whole = rebin.filtered_wedge(cone, margin, 40, what)
    np.testing.assert_array_equal(rebin.filtered_wedge(cone[16:], margin, 24, what), whole[16:])
    assert (whole[..., helix.rows :] == whole[..., helix.rows - 1 : helix.rows]).all()
