"""Forward, adjoint and project of every backend, against exact integrals and against each other."""

from dataclasses import replace

import numpy as np
import pytest

from labelct.scanner.geometry import Grid, plan
from tests.scanner import analytic

WATER = 0.01926


def relative_rms(found, expected):
    return float(np.sqrt(((found - expected) ** 2).mean() / (expected**2).mean()))


def test_cylinder_and_spheres_have_their_exact_line_integrals(worker, scanner):
    grid = Grid.centred((100, 100, 24), (2.0, 2.0, 2.0))
    helix = plan(scanner, grid)
    bodies = [analytic.cylinder(80, WATER, (5.0, -8.0))]
    bodies += [analytic.sphere((20, 10, 0), 16, WATER), analytic.sphere((-30, 5, 2), 12, -WATER / 2)]
    found = worker.forward(analytic.voxels(bodies, grid, 3), grid, helix)
    assert relative_rms(found, analytic.line_integrals(bodies, helix)) < 0.01


def test_end_slices_go_on_for_ever_or_not_at_all(worker, helix, grid):
    mu = analytic.voxels([analytic.cylinder(80, WATER)], grid)
    views = worker.forward(mu, grid, helix)
    np.testing.assert_allclose(views[0].max(), views[helix.views // 2].max(), rtol=0.03)
    assert worker.forward(mu, grid, helix, extend=False)[0].max() == 0.0


@pytest.mark.parametrize("extend", [True, False])
def test_adjoint_is_matched(worker, helix, grid, extend):
    rng = np.random.default_rng(0)
    x = rng.random(grid.shape, dtype=np.float32)
    y = rng.random(helix.shape, dtype=np.float32)
    ax, aty = worker.forward(x, grid, helix, extend), worker.adjoint(y, grid, helix, extend)
    left, right = np.vdot(ax.astype(np.float64), y), np.vdot(x, aty.astype(np.float64))
    assert left == pytest.approx(right, rel=1e-5)


def test_mirror_images_project_to_mirror_images(worker, scanner, grid):
    scanner.channel_offset = 0.0
    helix = plan(scanner, grid)
    mu = np.random.default_rng(3).random(grid.shape, dtype=np.float32)
    at_zero = replace(helix.part(helix.views // 2, helix.views // 2 + 1), first_angle=0.0)
    found, mirrored = (worker.forward(volume, grid, at_zero) for volume in (mu, mu[:, ::-1].copy()))
    np.testing.assert_allclose(mirrored[:, ::-1], found, rtol=1e-4)


def test_views_made_in_blocks_are_those_made_at_once(worker, helix, grid):
    mu = np.random.default_rng(2).random(grid.shape, dtype=np.float32)
    views = worker.project(mu, grid, helix)
    blocks = [worker.host(views(start, min(start + 100, helix.views))) for start in range(0, helix.views, 100)]
    np.testing.assert_allclose(np.concatenate(blocks), worker.forward(mu, grid, helix), rtol=1e-5)


def test_cells_of_several_rays_average_intensities_not_integrals(worker, scanner):
    grid = Grid.centred((48, 48, 4), (2.0, 2.0, 2.0))
    helix = plan(scanner, grid)
    mu = analytic.voxels([analytic.cylinder(30, 20 * WATER)], grid)
    part = helix.views // 2, helix.views // 2 + 1
    cells = worker.host(worker.project(mu, grid, helix, rays_per_cell=2)(*part))
    fine = worker.forward(mu, grid, helix.part(*part).finer(2)).reshape(1, helix.channels, 2, helix.rows, 2)
    mean = fine.mean(axis=(2, 4))
    np.testing.assert_allclose(cells, -np.log(np.exp(-fine).mean(axis=(2, 4))), rtol=1e-4, atol=1e-5)
    assert (cells <= mean + 1e-4).all()
    assert (mean - cells).max() > 0.1


def test_a_wide_focal_spot_blurs_edges(worker, scanner):
    grid = Grid.centred((48, 48, 4), (2.0, 2.0, 2.0))
    helix = plan(scanner, grid)
    mu, part = analytic.voxels([analytic.cylinder(30, WATER)], grid), (helix.views // 2, helix.views // 2 + 4)
    point, wide = (worker.host(worker.project(mu, grid, helix, 2, spot)(*part)) for spot in (0.0, 8.0))
    steepest = [np.abs(np.diff(each, 2, axis=1)).max() for each in (point, wide)]
    assert steepest[1] < steepest[0]
    assert wide.mean() == pytest.approx(point.mean(), rel=0.01)
