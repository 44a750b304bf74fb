"""The projector's inner loop: 16 interpolations in a short table.

With AVX-512 a table of 32 floats sits in two registers and one instruction looks up 16 of them (`permute`);
elsewhere each lane loads its two neighbours. The path is chosen by the *type* of the kernels' first argument (None:
portable, True: permute), so that a CPU without AVX-512 never compiles the other.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs

import functools
import os
from typing import Any

import numpy as np
from llvmlite import binding  # type: ignore[import-untyped]
from numba import types
from numba.core.typing import signature
from numba.extending import intrinsic, overload

from labelct.scanner.backends.numba.simd import SIMD_WIDTH, Simd

TABLE = 2 * SIMD_WIDTH
COMPILE: dict[str, Any] = {"nogil": True, "fastmath": True, "cache": True, "error_model": "numpy"}
ARRAY, PLACE, SINGLE = types.Array(types.float32, 1, "C"), types.intp, types.float32


@functools.cache
def has_permute() -> bool:
    """Return whether this CPU has AVX-512 (and `LABELCT_PORTABLE` is not set)."""
    return not os.environ.get("LABELCT_PORTABLE") and bool(binding.get_host_cpu_features().get("avx512f"))


@intrinsic
def _blend(typing, target, at, source, first, second, weight):
    """Write 16 floats of `source[first:]` and `source[second:]` blended by `weight` to `target[at:]`."""

    def generate(context, builder, sig, values):
        simd = Simd(context, builder)
        _, at, _, first, second, weight = values
        data = simd.data(sig.args[2], values[2])
        blended = simd.between(simd.load(data, first), simd.load(data, second), simd.splat(weight))
        simd.store(simd.data(sig.args[0], values[0]), at, blended)
        return context.get_dummy_value()

    return signature(types.void, ARRAY, PLACE, ARRAY, PLACE, PLACE, SINGLE), generate


@intrinsic
def _line_add(typing, target, at, table, start, step):
    """Add `table` interpolated at `start + i step` to `target[at + i]`."""

    def generate(context, builder, sig, values):
        simd = Simd(context, builder)
        value = simd.lookup_line(simd.data(sig.args[2], values[2]), values[3], values[4])
        simd.add_to(simd.data(sig.args[0], values[0]), values[1], value)
        return context.get_dummy_value()

    return signature(types.void, ARRAY, PLACE, ARRAY, SINGLE, SINGLE), generate


@intrinsic
def _line_add_permute(typing, target, at, volume, first, second, weight, start, step):
    """`_blend` of 32 floats and `_line_add` without leaving the registers."""

    def generate(context, builder, sig, values):
        simd = Simd(context, builder)
        _, at, _, first, second, weight, start, step = values
        data, weight = simd.data(sig.args[2], values[2]), simd.splat(weight)
        table = []
        for more in (0, SIMD_WIDTH):
            places = (builder.add(place, context.get_constant(PLACE, more)) for place in (first, second))
            table.append(simd.between(*(simd.load(data, place) for place in places), weight))
        value = simd.permute(table, simd.line(start, step))
        simd.add_to(simd.data(sig.args[0], values[0]), at, value)
        return context.get_dummy_value()

    return signature(types.void, ARRAY, PLACE, ARRAY, PLACE, PLACE, SINGLE, SINGLE, SINGLE), generate


def column_add(path, sums, column, volume, first, second, weight, start, step):
    """Add the samples of two blended columns to a channel's rows; in compiled kernels only.

    Args:
        path: None or True.
        sums: One channel's rows, filled up to a multiple of 16.
        column: Scratch.
        volume: Flat volume.
        first: Where the first column starts.
        second: Where the second column starts.
        weight: Of the second column.
        start: Position of the first row from there, 0 to 1.
        step: From row to row.
    """
    raise NotImplementedError("for compiled kernels")


@overload(column_add, inline="always")
def _column_add(path, sums, column, volume, first, second, weight, start, step):
    def permute(path, sums, column, volume, first, second, weight, start, step):
        for row in range(0, len(sums), 16):
            at = start + np.float32(row) * step
            index = int(at)
            rest = at - np.float32(index)
            _line_add_permute(sums, row, volume, first + index, second + index, weight, rest, step)

    def portable(path, sums, column, volume, first, second, weight, start, step):
        for place in range(0, int(start + np.float32(len(sums) - 1) * step) + 2, 16):
            _blend(column, place, volume, first + place, second + place, weight)
        for row in range(0, len(sums), 16):
            _line_add(sums, row, column, start + np.float32(row) * step, step)

    return portable if isinstance(path, types.NoneType) else permute
