import numpy as np
import pytest

from labelct.scanner.backends.numba import projector
from labelct.scanner.backends.numba.simd_interpolation import has_permute
from labelct.scanner.geometry import Grid
from tests.scanner import analytic

WATER = 0.01926
avx512 = pytest.mark.skipif(not has_permute(), reason="this CPU has no AVX-512")


@pytest.mark.parametrize("extend", [True, False])
def test_unpad_is_the_adjoint_of_pad(helix, grid, extend):
    rng = np.random.default_rng(0)
    x = rng.random(grid.shape, dtype=np.float32)
    padded = projector.pad(x, grid, helix, extend)
    y = projector.Padded(rng.random(padded.values.shape, dtype=np.float32), padded.shape, grid, padded.reach)
    left = np.vdot(padded.values.astype(np.float64), y.values)
    assert left == pytest.approx(np.vdot(x.astype(np.float64), projector.unpad(y, extend)), rel=1e-6)


@avx512
def test_permute_path_equals_the_portable_one(helix):
    grid = Grid.centred((64, 56, 20), (4.0, 4.0, 6.0))
    mu = np.random.default_rng(1).random(grid.shape, dtype=np.float32)
    padded = projector.pad(mu, grid, helix)
    portable, permute = (projector.line_integrals(padded, helix, path=path) for path in (None, True))
    np.testing.assert_allclose(permute, portable, rtol=1e-5)


@avx512
@pytest.mark.parametrize(("share", "path"), [(0.99, True), (1.01, None)])
def test_permute_path_serves_as_far_as_its_table_reaches(helix, share, path):
    shape = (64, 56, 20)
    slices = 15 * projector._steepest(Grid.centred(shape, (4.0, 4.0, 1.0)), helix) + 3
    grid = Grid.centred(shape, (4.0, 4.0, (slices - 3) / (32 * share - 3)))
    padded = projector.pad(np.random.default_rng(4).random(shape, dtype=np.float32), grid, helix)
    assert projector._path(padded, helix) is path
    portable = projector.line_integrals(padded, helix, path=None)
    np.testing.assert_allclose(projector.line_integrals(padded, helix), portable, rtol=1e-5, atol=1e-5)


def test_result_does_not_depend_on_threads(helix, grid, one_thread):
    import numba

    mu, ones = np.random.default_rng(2).random(grid.shape, dtype=np.float32), np.ones(helix.shape, np.float32)
    single = projector.forward(mu, grid, helix), projector.adjoint(ones, grid, helix)
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    np.testing.assert_array_equal(projector.forward(mu, grid, helix), single[0])
    np.testing.assert_array_equal(projector.adjoint(ones, grid, helix), single[1])


def test_moved_focus_sees_what_the_exact_ray_sees(helix, grid):
    body, part = analytic.cylinder(80, WATER, (10.0, 3.0)), helix.part(0, 8)
    padded = projector.pad(analytic.voxels([body], grid, 3), grid, helix)
    centre = projector.line_integrals(padded, part)
    left, right = (projector.line_integrals(padded, part, np.full(helix.channels, shift)) for shift in (-2.0, 2.0))

    def relative_rms(found, expected):
        return np.sqrt(((found - expected) ** 2).mean() / (expected**2).mean())

    assert relative_rms((left + right) / 2, centre) < 0.02
    assert relative_rms(left, right) > 0.003
