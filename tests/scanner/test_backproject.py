import numpy as np
import pytest

from labelct.scanner import analytic, backproject, rebin
from labelct.scanner.geometry import Grid, plan, recon_radius
from labelct.scanner.lookup import has_permute
from labelct.scanner.stream import reconstruct

WATER = 0.01926


@pytest.fixture
def fine(scanner):
    scanner.channels, scanner.channel_pitch, scanner.views = 320, scanner.channel_pitch / 2, 240
    return scanner


def hounsfield(bodies, scanner, grid):
    helix = plan(scanner, grid)
    views = analytic.line_integrals(bodies, helix)
    return 1000 * reconstruct(lambda a, b: views[a:b], scanner, helix, grid) / WATER - 1000


def test_water_is_water_everywhere(fine):
    grid = Grid.centred((64, 64, 24), (3.0, 3.0, 2.0))
    hu = hounsfield([analytic.cylinder(80, WATER, (9.0, -4.0))], fine, grid)
    x, y = np.meshgrid(grid.axis(0), grid.axis(1), indexing="ij")
    inside = np.hypot(x - 9, y + 4) < 70
    assert abs(hu[inside].mean()) < 0.2
    assert hu[inside].std() < 1.4
    assert hu[inside].mean(0).std() < 0.5


@pytest.mark.parametrize("pitch", [0.5, 1.0, 1.4])
def test_spheres_keep_their_place_and_value_at_every_pitch(fine, pitch):
    fine.pitch = pitch
    grid = Grid.centred((64, 64, 24), (3.0, 3.0, 2.0))
    centre = (24.0, 15.0, 3.0)
    hu = hounsfield([analytic.cylinder(80, WATER), analytic.sphere(centre, 15, WATER * 0.1)], fine, grid)
    distance = np.sqrt(
        sum((a - c) ** 2 for a, c in zip(np.meshgrid(*map(grid.axis, range(3)), indexing="ij"), centre, strict=True))
    )
    assert hu[distance < 9].mean() == pytest.approx(100, abs=4)
    shell = hu[(distance > 21) & (distance < 27)]
    assert abs(shell.mean()) < 2


@pytest.mark.skipif(not has_permute(), reason="this CPU has no AVX-512")
def test_permute_path_equals_the_portable_one(scanner, helix, grid):
    wedge = rebin.Wedge.of(helix)
    filtered = np.random.default_rng(0).standard_normal((150, helix.channels, wedge.rows)).astype(np.float32)
    radius = recon_radius(scanner, helix, grid)
    both = [backproject.backproject(filtered, 150, wedge, grid, 0.6, radius, path=path) for path in (None, True)]
    np.testing.assert_allclose(both[1], both[0], atol=1e-4)


def test_slabs_make_the_image_that_the_whole_makes(scanner, grid, monkeypatch):
    from labelct.scanner import stream

    long = Grid.centred((40, 40, 60), (4.0, 4.0, 3.0))
    helix = plan(scanner, long)
    views = analytic.line_integrals([analytic.cylinder(60, WATER), analytic.sphere((9, 9, 9), 20, WATER)], helix)
    whole = stream.reconstruct(lambda a, b: views[a:b], scanner, helix, long)
    monkeypatch.setattr(stream, "_slab", lambda *_: 7)
    np.testing.assert_allclose(stream.reconstruct(lambda a, b: views[a:b], scanner, helix, long), whole, atol=1e-7)


def test_outside_the_field_of_view_nothing_is_reconstructed(scanner, grid):
    scanner.recon.field_of_view = 120.0
    helix = plan(scanner, grid)
    views = np.ones(helix.shape, np.float32)
    image = reconstruct(lambda a, b: views[a:b], scanner, helix, grid)
    x, y = np.meshgrid(grid.axis(0), grid.axis(1), indexing="ij")
    assert (image[np.hypot(x, y) > 60] == 0).all()
    assert (image[np.hypot(x, y) < 60] != 0).all()
