"""Sixteen floats at once, in LLVM's own terms: what the kernels' inner loops are written in.

All but `permute` is portable; LLVM cuts the vectors to what the CPU has.
"""

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils

SIMD_WIDTH = 16
FLOATS = ir.VectorType(ir.FloatType(), SIMD_WIDTH)
INTEGERS = ir.VectorType(ir.IntType(32), SIMD_WIDTH)
WORD, NUMBER = ir.IntType(64), ir.IntType(32)
EVEN = ir.Constant(INTEGERS, list(range(0, 2 * SIMD_WIDTH, 2)))
ODD = ir.Constant(INTEGERS, list(range(1, 2 * SIMD_WIDTH, 2)))
COUNT = ir.Constant(INTEGERS, list(range(SIMD_WIDTH)))
RAMP = ir.Constant(FLOATS, [float(lane) for lane in range(SIMD_WIDTH)])


class Simd:
    """Arithmetic on vectors of 16 floats; every method appends instructions and returns an LLVM value."""

    def __init__(self, context: Any, builder: Any) -> None:
        self.context, self.builder = context, builder

    def constant(self, value: float) -> Any:
        """Return 16 times a constant."""
        return ir.Constant(FLOATS, [float(np.float32(value))] * SIMD_WIDTH)

    def splat(self, scalar: Any, kind: Any = FLOATS) -> Any:
        """Return 16 times a value that is known at run time."""
        first = self.builder.insert_element(ir.Constant(kind, ir.Undefined), scalar, ir.Constant(NUMBER, 0))
        return self.builder.shuffle_vector(first, first, ir.Constant(INTEGERS, [0] * SIMD_WIDTH))

    def line(self, start: Any, step: Any) -> Any:
        """Return `start + i step`."""
        return self.add(self.splat(start), self.multiply(self.splat(step), RAMP))

    def add(self, a: Any, b: Any) -> Any:
        """Return `a + b`."""
        return self.builder.fadd(a, b, flags=("fast",))

    def subtract(self, a: Any, b: Any) -> Any:
        """Return `a - b`."""
        return self.builder.fsub(a, b, flags=("fast",))

    def multiply(self, a: Any, b: Any) -> Any:
        """Return `a b`."""
        return self.builder.fmul(a, b, flags=("fast",))

    def between(self, a: Any, b: Any, weight: Any) -> Any:
        """Return `a + weight (b - a)`."""
        return self.add(a, self.multiply(weight, self.subtract(b, a)))

    def clip(self, a: Any, low: Any, high: Any) -> Any:
        """Return `a` between two bounds."""
        return self._call("llvm.minnum.v16f32", self._call("llvm.maxnum.v16f32", a, low), high)

    def magnitude(self, a: Any) -> Any:
        """Return `|a|`."""
        return self._call("llvm.fabs.v16f32", a)

    def _call(self, name: str, *arguments: Any) -> Any:
        kind = ir.FunctionType(FLOATS, [argument.type for argument in arguments])
        return self.builder.call(cgutils.get_or_insert_function(self.builder.module, kind, name), arguments)

    def data(self, kind: Any, array: Any) -> Any:
        """Return the pointer to an array's first float."""
        return self.context.make_array(kind)(self.context, self.builder, value=array).data

    def load(self, data: Any, place: Any) -> Any:
        """Return the 16 floats from `place` on."""
        return self.builder.load(self._vector(data, place), align=4)

    def add_to(self, data: Any, place: Any, value: Any) -> None:
        """Add `value` to the 16 floats from `place` on."""
        pointer = self._vector(data, place)
        self.builder.store(self.add(self.builder.load(pointer, align=4), value), pointer, align=4)

    def store(self, data: Any, place: Any, value: Any) -> None:
        """Write 16 floats from `place` on."""
        self.builder.store(value, self._vector(data, place), align=4)

    def _vector(self, data: Any, place: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(data, [place]), FLOATS.as_pointer())

    def split(self, position: Any) -> tuple[Any, Any]:
        """Return index and weight of positions that are not negative."""
        index = self.builder.fptosi(position, INTEGERS)
        return index, self.subtract(position, self.builder.sitofp(index, FLOATS))

    def permute(self, table: list[Any], position: Any) -> Any:
        """Interpolate in a table that sits in registers: AVX-512's `vpermt2ps` looks up two of them at once."""
        index, weight = self.split(position)
        after = self.builder.add(index, ir.Constant(INTEGERS, [1] * SIMD_WIDTH))
        return self.between(self._pick(table, index), self._pick(table, after), weight)

    def _pick(self, table: list[Any], index: Any) -> Any:
        """Return the floats at some indices; the instruction itself takes an index modulo 32."""
        found = None
        for first in range(0, len(table), 2):
            low, high = table[first], table[min(first + 1, len(table) - 1)]
            pair = self._call("llvm.x86.avx512.vpermi2var.ps.512", low, index, high)
            beyond = ir.Constant(INTEGERS, [SIMD_WIDTH * first] * SIMD_WIDTH)
            here = self.builder.icmp_signed(">=", index, beyond)
            found = pair if found is None else self.builder.select(here, pair, found)
        return found

    def _pairs(self, data: Any, indices: list[Any]) -> tuple[Any, Any]:
        """Load each index's float and the one after it as one 64-bit word; return all below and all above."""
        halves = []
        for half in (indices[: SIMD_WIDTH // 2], indices[SIMD_WIDTH // 2 :]):
            pairs = ir.Constant(ir.VectorType(WORD, SIMD_WIDTH // 2), ir.Undefined)
            for lane, index in enumerate(half):
                place = self.builder.bitcast(self.builder.gep(data, [index]), WORD.as_pointer())
                pairs = self.builder.insert_element(pairs, self.builder.load(place, align=4), ir.Constant(NUMBER, lane))
            halves.append(self.builder.bitcast(pairs, FLOATS))
        shuffle = self.builder.shuffle_vector
        return shuffle(*halves, EVEN), shuffle(*halves, ODD)

    def lookup_line(self, data: Any, start: Any, step: Any) -> Any:
        """Interpolate in a table of any length at `start + i step`.

        The position counts in 2^-32: the upper half is the index, the lower half the weight; no vector has to be
        taken apart for the addresses.
        """
        builder, scale = self.builder, ir.Constant(ir.DoubleType(), 2.0**32)
        double = [builder.fpext(value, ir.DoubleType()) for value in (start, step)]
        position, step = (builder.fptosi(builder.fmul(value, scale), WORD) for value in double)
        first, more = (self.splat(builder.trunc(value, NUMBER), INTEGERS) for value in (position, step))
        indices = []
        for _ in range(SIMD_WIDTH):
            indices.append(builder.ashr(position, ir.Constant(WORD, 32)))
            position = builder.add(position, step)
        fraction = builder.add(first, builder.mul(more, COUNT))
        fraction = builder.lshr(fraction, ir.Constant(INTEGERS, [8] * SIMD_WIDTH))
        weight = self.multiply(builder.sitofp(fraction, FLOATS), self.constant(2.0**-24))
        below, above = self._pairs(data, indices)
        return self.between(below, above, weight)
