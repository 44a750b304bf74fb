"""Vectors of 16 floats do what NumPy does."""

import numba
import numpy as np
import pytest
from numba import types
from numba.core.typing import signature
from numba.extending import intrinsic

from labelct.scanner.backends.numba.simd import SIMD_WIDTH, Simd
from labelct.scanner.backends.numba.simd_interpolation import ARRAY, SINGLE, has_permute


def compiled(formula):
    """Return `f(out, a, b, start, step)` that writes `formula(simd, a's data, a, b, start, step)` to `out`."""

    @intrinsic
    def run(typing, out, a, b, start, step):
        def generate(context, builder, sig, values):
            simd, zero = Simd(context, builder), context.get_constant(types.intp, 0)
            out, a, b = (simd.data(kind, value) for kind, value in zip(sig.args[:3], values[:3], strict=True))
            result = formula(simd, a, simd.load(a, zero), simd.load(b, zero), *values[3:])
            simd.store(out, zero, result)
            return context.get_dummy_value()

        return signature(types.void, ARRAY, ARRAY, ARRAY, SINGLE, SINGLE), generate

    @numba.njit
    def call(out, a, b, start, step):
        run(out, a, b, start, step)

    def answer(a, b, start=0.0, step=0.0):
        out = np.empty(SIMD_WIDTH, np.float32)
        call(out, a, b, np.float32(start), np.float32(step))
        return out

    return answer


A, B = np.random.default_rng(0).normal(size=(2, 64)).astype(np.float32)


def test_arithmetic_is_numpys():
    weighted = compiled(lambda simd, _, a, b, start, step: simd.between(a, b, simd.line(start, step)))
    expected = A[:16] + (0.25 + 0.5 * np.arange(16)) * (B[:16] - A[:16])
    np.testing.assert_allclose(weighted(A, B, 0.25, 0.5), expected, rtol=1e-5)
    clipped = compiled(
        lambda simd, _, a, b, start, step: simd.clip(simd.magnitude(a), simd.constant(0.2), simd.splat(start))
    )
    np.testing.assert_allclose(clipped(A, B, 0.9), np.clip(np.abs(A[:16]), 0.2, 0.9), rtol=1e-6)


@pytest.mark.parametrize(("start", "step"), [(0.0, 1.0), (0.3, 2.7), (12.5, 0.01), (45.0, -2.9)])
def test_tables_in_memory_are_interpolated_linearly(start, step):
    found = compiled(lambda simd, data, a, b, start, step: simd.lookup_line(data, start, step))(A, B, start, step)
    np.testing.assert_allclose(found, np.interp(start + step * np.arange(16), np.arange(64), A), atol=1e-5)


@pytest.mark.skipif(not has_permute(), reason="this CPU has no AVX-512")
@pytest.mark.parametrize(("start", "step"), [(0.0, 1.9), (0.3, 4.1), (60.0, -3.7)])
def test_tables_in_registers_are_interpolated_linearly(start, step):
    def formula(simd, data, a, b, start, step):
        table = [simd.load(data, simd.context.get_constant(types.intp, place)) for place in (0, 16, 32, 48)]
        return simd.permute(table, simd.line(start, step))

    expected = np.interp(start + step * np.arange(16), np.arange(64), A)
    np.testing.assert_allclose(compiled(formula)(A, B, start, step), expected, atol=1e-5)
