import numba
import numpy as np
import pytest

from labelct.scanner.backends.numba import simd_interpolation
from labelct.scanner.backends.numba.simd_interpolation import TABLE, column_add, has_permute

avx512 = pytest.mark.skipif(not has_permute(), reason="this CPU has no AVX-512")


@numba.njit
def add(path, sums, column, volume, first, second, weight, start, step):
    column_add(path, sums, column, volume, first, second, weight, start, step)


@pytest.mark.parametrize("path", [None, pytest.param(True, marks=avx512)])
@pytest.mark.parametrize("step", [0.02, 0.9, 29 / 15])
def test_rows_are_samples_of_the_blended_columns(path, step):
    volume = np.random.default_rng(0).random(400, dtype=np.float32)
    sums, column = np.full(48, 2.0, np.float32), np.zeros(200, np.float32)
    add(path, sums, column, volume, 30, 170, np.float32(0.3), np.float32(0.4), np.float32(step))
    blended = 0.7 * volume[30:170] + 0.3 * volume[170:310]
    expected = 2.0 + np.interp(0.4 + step * np.arange(48), np.arange(140), blended)
    np.testing.assert_allclose(sums, expected, atol=1e-5)
    assert 15 * step + 3 <= TABLE


def test_the_permute_path_can_be_turned_off(monkeypatch):
    monkeypatch.setenv("LABELCT_PORTABLE", "1")
    assert not simd_interpolation.has_permute.__wrapped__()


def test_outside_compiled_kernels_it_says_so():
    with pytest.raises(NotImplementedError, match="compiled kernels"):
        column_add(*[None] * 9)
