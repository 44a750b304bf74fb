import numpy as np
import pytest

pytest.importorskip("triton")

from labelct.scanner.backends.cuda import projector
from labelct.scanner.geometry import Grid, plan
from labelct.scanner.settings import ScannerSettings
from tests.scanner import analytic
from tests.scanner.backends.cuda.against import relative_rms


def test_views_of_long_scans_are_made_in_parts(cuda, monkeypatch, volume, helix, grid):
    part = helix.part(0, 11)
    whole = cuda.forward(volume, grid, part)
    monkeypatch.setattr(projector, "RAYS_AT_ONCE", 4 * helix.channels)
    np.testing.assert_allclose(cuda.forward(volume, grid, part), whole, rtol=1e-5)


@pytest.mark.parametrize(("rays", "spot"), [(2, 0.0), (3, 4.0)])
def test_cells_and_focal_spots_are_those_of_the_cpu(cuda, reference, monkeypatch, volume, helix, grid, rays, spot):
    monkeypatch.setattr(projector, "VIEWS_PER_BLOCK", 3 * rays**2)
    found, expected = (each.project(volume, grid, helix, rays, spot) for each in (cuda, reference))
    assert relative_rms(cuda.host(found(5, 12)), expected(5, 12)) < 2e-6


@pytest.mark.gpu
def test_a_large_scan_has_the_line_integrals_of_the_cpu(card, reference):
    scanner = ScannerSettings(kind="helical", channels=512, channel_pitch=0.0017, rows=32, row_width=1.2, views=360)
    grid = Grid.centred((256, 256, 64), (1.5, 1.5, 1.5))
    helix = plan(scanner, grid)
    bodies = [analytic.cylinder(150, 0.01926), analytic.sphere((40, 30, 0), 30, 0.01)]
    mu = analytic.voxels(bodies, grid)
    assert relative_rms(card.forward(mu, grid, helix), reference.forward(mu, grid, helix)) < 1e-4
