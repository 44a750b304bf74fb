from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from labelct.scanner.backends.numba.backproject import backproject, reconstruct
from labelct.scanner.backends.numba.simd_interpolation import has_permute
from labelct.scanner.chunked_reconstruction import Reconstruction
from labelct.scanner.geometry import Grid, pitch_limit, plan

avx512 = pytest.mark.skipif(not has_permute(), reason="this CPU has no AVX-512")


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
@pytest.mark.parametrize("rows", [4, 7, 20, 64])
def test_voxels_are_what_the_definition_says(scanner, rows, path):
    scanner.rows, scanner.row_width = rows, 40 / rows
    grid = Grid((3, 2, 9), (60.0, 50.0, 7.0), (-70.0, 20.0, -28.0))
    helix = plan(scanner, grid)
    what = replace(Reconstruction.of(scanner, helix, grid), radius=200.0)
    wedge = what.wedge
    shape = (helix.views - 2 * wedge.margin, helix.channels, wedge.rows)
    filtered = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
    found = backproject(filtered, wedge.margin, what, path=path)
    for place in ((0, 0, 0), (1, 1, 4), (2, 0, 8)):
        voxel = [grid.axis(number)[place[number]] for number in range(3)]
        assert found[place] == pytest.approx(sample(filtered, wedge.margin, wedge, voxel, 0.6), abs=2e-4)


@pytest.mark.parametrize("slices", [1, 9])
@pytest.mark.parametrize(("pitch", "rows"), [(0.3, 16), (1.0, 5), (1.4, 33), (0.9999, 16)])
def test_every_voxel_is_lit_from_every_direction_and_the_weights_add_up_to_one(scanner, pitch, rows, slices):
    """Rays of 1 give half a turn, pi: in the first and last slice and at the edge, up to the largest pitch there is."""
    scanner.outside, scanner.rows, scanner.row_width = "air", rows, 48 / rows
    grid = Grid.centred((24, 20, slices), (16.0, 18.0, 3.0))
    edge = plan(scanner, grid).field_of_view
    scanner.pitch = pitch * pitch_limit(edge, scanner.source_isocentre) if pitch == 0.9999 else pitch
    what = Reconstruction.of(scanner, plan(scanner, grid), grid)
    ((_, part, (first, stop)),) = what.chunks()
    rays = np.ones((stop - first, scanner.channels, what.wedge.rows), np.float32)
    x, y = np.meshgrid(grid.axis(0), grid.axis(1), indexing="ij")
    inside = np.hypot(x, y) <= what.radius
    assert np.hypot(x, y)[inside].max() > 0.95 * edge
    found = backproject(rays, first, replace(what, grid=part))
    np.testing.assert_allclose(found[inside], np.pi, rtol=1e-5)
    assert not found[~inside].any()


@avx512
@pytest.mark.parametrize("rows", [16, 40, 96, 128])
def test_permute_path_equals_the_portable_one(scanner, grid, rows):
    scanner.rows, scanner.row_width = rows, 48 / rows
    what = Reconstruction.of(scanner, plan(scanner, grid), grid)
    shape = (150, scanner.channels, what.wedge.rows)
    filtered = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    both = [backproject(filtered, 150, what, path=path) for path in (None, True)]
    np.testing.assert_allclose(both[1], both[0], atol=1e-4)


def test_image_does_not_depend_on_threads(scanner, helix, grid, one_thread):
    import numba

    views = np.random.default_rng(0).standard_normal(helix.shape, dtype=np.float32)
    what = Reconstruction.of(scanner, helix, grid)
    single = reconstruct(lambda a, b: views[a:b], what)
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    np.testing.assert_array_equal(reconstruct(lambda a, b: views[a:b], what), single)


def test_reconstruction_is_linear_in_the_views(scanner, helix, grid):
    rng, what = np.random.default_rng(1), Reconstruction.of(scanner, helix, grid)
    clean, noise = (rng.standard_normal(helix.shape, dtype=np.float32) for _ in range(2))
    images = [reconstruct(lambda a, b, v=v: v[a:b], what) for v in (clean, noise, clean + noise)]
    np.testing.assert_allclose(images[0] + images[1], images[2], atol=1e-4 * np.abs(images[2]).max())
