import numba
import numpy as np
import pytest

from labelct.scanner.backends.numba.aperture import aperture_add
from labelct.scanner.backends.numba.simd_interpolation import has_permute

avx512 = pytest.mark.skipif(not has_permute(), reason="this CPU has no AVX-512")


@numba.njit
def add(path, scratch, wedge, place, part, run, line, optics):
    at, stored = place
    aperture_add(path, scratch, wedge, at, stored, part, run[0], run[1], line[0], line[1], optics)


@pytest.mark.parametrize("path", [None, pytest.param((True, True), marks=avx512)])
@pytest.mark.parametrize("rows", [20, 32])
def test_a_column_sums_samples_under_the_aperture(path, rows):
    full, slices, start = 0.6, 90, 7
    wedge = np.random.default_rng(0).random((5, 32), dtype=np.float32)
    wedge[:, rows:] = wedge[:, rows - 1 : rows]
    scratch = tuple(np.zeros(size, np.float32) for size in (32 + 4 + 64, slices + 16, slices + 16))
    q = -0.99 + 0.025 * np.arange(80)
    stop = start + int((q < 1).sum())
    optics = tuple(np.float32(value) for value in (full, 1 / (1 - full), rows / 2))
    line = np.float32(q[0]), np.float32(0.025)
    add(path, scratch, wedge.reshape(-1), (2 * 32, 32), np.float32(0.3), (start, stop), line, optics)
    q = q[q < 1]
    blended = 0.7 * wedge[2, :rows] + 0.3 * wedge[3, :rows]
    weight = np.cos(np.pi / 2 * np.clip((np.abs(q) - full) / (1 - full), 0, 1)) ** 2
    sample = np.interp(q * rows / 2 + rows / 2 - 0.5, np.arange(rows), blended)
    np.testing.assert_allclose(scratch[2][start:stop], weight, atol=2e-6)
    np.testing.assert_allclose(scratch[1][start:stop], weight * sample, atol=2e-5)
    assert not scratch[1][:start].any()
