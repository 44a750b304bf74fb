import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from labelct.scanner import analytic, backproject, rebin
from labelct.scanner.geometry import Grid, plan, recon_radius
from labelct.scanner.lookup import has_permute
from labelct.scanner.stream import reconstruct

WATER = 0.01926
avx512 = pytest.mark.skipif(not has_permute(), reason="this CPU has no AVX-512")


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


def sample(filtered, first, wedge, voxel, aperture):
    """Return a voxel's value as the definition has it: a weighted mean for each base direction, summed over those."""
    helix, (x, y, z) = wedge.helix, voxel
    half, slope = helix.views_per_turn // 2, helix.table_feed / (2 * np.pi)
    number = first + np.arange(len(filtered))
    theta = number * helix.view_pitch + helix.first_angle
    u, w = x * np.sin(theta) - y * np.cos(theta), x * np.cos(theta) + y * np.sin(theta)
    r = helix.source_isocentre
    focus = helix.first_height + slope * (number * helix.view_pitch - np.arcsin(u / r))
    v = helix.source_detector * (z - focus) / (np.sqrt(r**2 - u**2) - w)
    q = np.abs(v) / (helix.rows * helix.row_pitch / 2)
    weight = np.where(q < 1, np.cos(np.pi / 2 * np.clip((q - aperture) / (1 - aperture), 0, 1)) ** 2, 0.0)
    row = np.clip(v / helix.row_pitch + (helix.rows - 1) / 2, 0, helix.rows - 1)
    ray = np.interp(u, wedge.u, np.arange(helix.channels))
    values = [map_coordinates(filtered[n], [[ray[n]], [row[n]]], order=1)[0] for n in range(len(filtered))]
    over, under = (np.bincount(number % half, terms, half) for terms in (weight * values, weight))
    return (over / under).sum() * helix.view_pitch


@pytest.mark.parametrize("path", [None, pytest.param(True, marks=avx512)])
@pytest.mark.parametrize("rows", [4, 20, 64])
def test_voxels_are_what_the_definition_says(scanner, rows, path):
    scanner.rows, scanner.row_width = rows, 40 / rows
    grid = Grid((3, 2, 9), (60.0, 50.0, 7.0), (-70.0, 20.0, -28.0))
    helix = plan(scanner, grid)
    wedge = rebin.Wedge.of(helix)
    shape = (helix.views - 2 * wedge.margin, helix.channels, wedge.rows)
    filtered = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
    found = backproject.backproject(filtered, wedge.margin, wedge, grid, 0.6, 200.0, path=path)
    for place in ((0, 0, 0), (1, 1, 4), (2, 0, 8)):
        voxel = [grid.axis(number)[place[number]] for number in range(3)]
        assert found[place] == pytest.approx(sample(filtered, wedge.margin, wedge, voxel, 0.6), abs=2e-4)


@avx512
@pytest.mark.parametrize("rows", [16, 40, 96, 128])
def test_permute_path_equals_the_portable_one(scanner, grid, rows):
    scanner.rows, scanner.row_width = rows, 48 / rows
    helix = plan(scanner, grid)
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
