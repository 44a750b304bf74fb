import numpy as np
import pytest

from labelct.scanner import analytic, projector
from labelct.scanner.geometry import Grid, plan
from labelct.scanner.lookup import has_permute

WATER = 0.01926


def relative_rms(found, expected):
    return float(np.sqrt(((found - expected) ** 2).mean() / (expected**2).mean()))


def test_cylinder_and_spheres_have_their_exact_line_integrals(scanner):
    grid = Grid.centred((100, 100, 24), (2.0, 2.0, 2.0))
    helix = plan(scanner, grid)
    bodies = [analytic.cylinder(80, WATER, (5.0, -8.0))]
    bodies += [analytic.sphere((20, 10, 0), 16, WATER), analytic.sphere((-30, 5, 2), 12, -WATER / 2)]
    found = projector.forward(projector.pad(analytic.voxels(bodies, grid, 3), grid, helix, True), helix)
    assert relative_rms(found, analytic.line_integrals(bodies, helix)) < 0.01


def test_end_slices_go_on_for_ever(helix, grid):
    mu = analytic.voxels([analytic.cylinder(80, WATER)], grid)
    views = projector.forward(projector.pad(mu, grid, helix, True), helix)
    np.testing.assert_allclose(views[0].max(), views[helix.views // 2].max(), rtol=0.03)
    assert projector.forward(projector.pad(mu, grid, helix, False), helix)[0].max() == 0.0


@pytest.mark.parametrize("extend", [True, False])
def test_adjoint_is_matched(helix, grid, extend):
    rng = np.random.default_rng(0)
    x = rng.random(grid.shape, dtype=np.float32)
    y = rng.random(helix.shape, dtype=np.float32)
    ax = projector.forward(projector.pad(x, grid, helix, extend), helix)
    aty = projector.adjoint(y, grid, helix, extend)
    left, right = np.vdot(ax.astype(np.float64), y), np.vdot(x, aty.astype(np.float64))
    assert left == pytest.approx(right, rel=1e-5)


@pytest.mark.skipif(not has_permute(), reason="this CPU has no AVX-512")
def test_permute_path_equals_the_portable_one(helix):
    grid = Grid.centred((64, 56, 20), (4.0, 4.0, 6.0))
    mu = np.random.default_rng(1).random(grid.shape, dtype=np.float32)
    padded = projector.pad(mu, grid, helix, True)
    portable, permute = (projector.forward(padded, helix, path=path) for path in (None, True))
    np.testing.assert_allclose(permute, portable, rtol=1e-5)


@pytest.mark.skipif(not has_permute(), reason="this CPU has no AVX-512")
@pytest.mark.parametrize(("share", "path"), [(0.99, True), (1.01, None)])
def test_permute_path_serves_as_far_as_its_table_reaches(helix, share, path):
    shape = (64, 56, 20)
    slices = 15 * projector._steepest(Grid.centred(shape, (4.0, 4.0, 1.0)), helix) + 3
    grid = Grid.centred(shape, (4.0, 4.0, (slices - 3) / (32 * share - 3)))
    padded = projector.pad(np.random.default_rng(4).random(shape, dtype=np.float32), grid, helix, True)
    assert projector._path(padded, helix) is path
    portable = projector.forward(padded, helix, path=None)
    np.testing.assert_allclose(projector.forward(padded, helix), portable, rtol=1e-5, atol=1e-5)


def test_result_does_not_depend_on_threads(helix, grid, one_thread):
    import numba

    mu = np.random.default_rng(2).random(grid.shape, dtype=np.float32)
    padded = projector.pad(mu, grid, helix, True)
    single, single_back = (
        projector.forward(padded, helix),
        projector.adjoint(np.ones(helix.shape, "f4"), grid, helix, True),
    )
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    np.testing.assert_array_equal(projector.forward(padded, helix), single)
    np.testing.assert_array_equal(projector.adjoint(np.ones(helix.shape, "f4"), grid, helix, True), single_back)


def test_mirror_images_project_to_mirror_images(scanner, grid):
    scanner.channel_offset = 0.0
    helix = plan(scanner, grid)
    mu = np.random.default_rng(3).random(grid.shape, dtype=np.float32)
    one_view = helix.part(helix.views // 2, helix.views // 2 + 1)
    from dataclasses import replace

    at_zero = replace(one_view, first_angle=0.0)
    found = projector.forward(projector.pad(mu, grid, at_zero, True), at_zero)
    mirrored = projector.forward(projector.pad(mu[:, ::-1].copy(), grid, at_zero, True), at_zero)
    np.testing.assert_allclose(mirrored[:, ::-1], found, rtol=1e-4)


def test_moved_focus_sees_what_the_exact_ray_sees(helix, grid):
    body = analytic.cylinder(80, WATER, (10.0, 3.0))
    padded = projector.pad(analytic.voxels([body], grid, 3), grid, helix, True)
    centre = projector.forward(padded, helix.part(0, 8))
    both = [projector.forward(padded, helix.part(0, 8), focus=np.full(helix.channels, shift)) for shift in (-2.0, 2.0)]
    assert relative_rms((both[0] + both[1]) / 2, centre) < 0.02
    assert relative_rms(both[0], both[1]) > 0.003
