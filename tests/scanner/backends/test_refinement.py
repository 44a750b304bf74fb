"""Coarse views refined by every backend."""

import numpy as np

from labelct.scanner.noise_only import coarse_helix
from labelct.scanner.settings import NoiseOnlySettings


def test_fields_that_are_linear_in_the_ray_are_refined_exactly(worker, helix):
    coarse = coarse_helix(helix, NoiseOnlySettings(channels=32, rows=4, views=48))

    def field(scan, first, stop):
        view = scan.angle(np.arange(first, stop))[:, None, None]
        return (3.0 + 0.2 * view + scan.gamma[:, None] - 0.01 * scan.v).astype(np.float32)

    views = worker.refine(field(coarse, 0, coarse.views), coarse, helix)
    channels, rows = np.abs(helix.gamma) < coarse.gamma[-1] - 0.02, np.abs(helix.v) < coarse.v[-1]
    inside = (slice(None), *np.ix_(channels, rows))
    for start, stop in ((0, 7), (100, 200), (helix.views - 3, helix.views)):
        found, expected = worker.host(views(start, stop)), field(helix, start, stop)
        assert found.shape == (stop - start, helix.channels, helix.rows)
        np.testing.assert_allclose(found[inside], expected[inside], atol=2e-5)


def test_ends_hold_on(worker, helix):
    coarse = coarse_helix(helix, NoiseOnlySettings(channels=32, rows=4, views=48))
    values = np.zeros(coarse.shape, np.float32)
    values[:, 0] = 1.0
    found = worker.host(worker.refine(values, coarse, helix)(50, 51))
    np.testing.assert_allclose(found[:, 0], 1.0)
    assert found.min() >= 0.0
