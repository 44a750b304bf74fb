"""The backprojector's inner loop: what one half turn adds to a column of voxels, 16 slices at once.

Two blended channels of the detector make a table of rows. With AVX-512 it stays in registers, two of which one
instruction looks up (`permute`); elsewhere it lies in memory and each slice loads its two neighbours.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.core.typing import signature
from numba.extending import intrinsic

from labelct.scanner.backends.numba.simd import SIMD_WIDTH, Simd
from labelct.scanner.backends.numba.simd_interpolation import ARRAY, PLACE, SINGLE
from labelct.scanner.wedge import APERTURE_SINE

SCRATCH, OPTICS = types.UniTuple(ARRAY, 3), types.UniTuple(SINGLE, 3)


def place(number: int) -> Any:
    """Return a constant index."""
    return ir.Constant(ir.IntType(64), number)


def _weight(simd, q, full, scale):
    """Return cos^2 between `full` and 1, see `wedge.APERTURE_SINE`."""
    t = simd.multiply(simd.subtract(simd.magnitude(q), simd.splat(full)), simd.splat(scale))
    y = simd.subtract(simd.clip(t, simd.constant(0.0), simd.constant(1.0)), simd.constant(0.5))
    square = simd.multiply(y, y)
    series = simd.constant(APERTURE_SINE[2])
    for coefficient in APERTURE_SINE[1::-1]:
        series = simd.add(simd.multiply(series, square), simd.constant(coefficient))
    series = simd.multiply(series, simd.subtract(square, simd.constant(0.25)))
    sine = simd.multiply(y, simd.add(series, simd.constant(2.0)))
    return simd.multiply(simd.constant(0.5), simd.subtract(simd.constant(1.0), sine))


def _from_registers(simd, registers, channels, half):
    """Return the permute path's lookup: q -> sample."""
    table = [channels(place(SIMD_WIDTH * number)) for number in range(registers)]
    middle = simd.subtract(half, simd.constant(0.5))

    def sample(q, step):
        rows = simd.add(simd.multiply(simd.line(q, step), half), middle)
        return simd.permute(table, simd.clip(rows, simd.constant(0.0), simd.add(middle, middle)))

    return sample


def _from_memory(simd, stored, channels, half, table):
    """Return the portable path's lookup: q -> sample.

    The rows at the ends stand twice in the table, for slices that light them by less than half. Idle simd behind a
    run's end read what lies beyond; it only has to be finite.
    """
    builder, one = simd.builder, place(1)
    rows = builder.fptosi(builder.fadd(half, half), one.type)
    with cgutils.for_range_slice(builder, place(0), stored, place(SIMD_WIDTH), inc=True) as (row, _):
        simd.store(table, builder.add(row, one), channels(row))
    for source, target in ((one, place(0)), (rows, builder.add(rows, one))):
        builder.store(builder.load(builder.gep(table, [source])), builder.gep(table, [target]))

    def sample(q, step):
        middle = builder.fadd(half, ir.Constant(ir.FloatType(), 0.5))  # row 0 is the table's number 1
        return simd.lookup_line(table, builder.fadd(builder.fmul(q, half), middle), builder.fmul(step, half))

    return sample


@intrinsic
def aperture_add(
    typing, path, scratch, wedge, at, stored, part, start, stop, q, step, optics
):  # fmt: skip
    """Add one half turn's weighted samples along a column of voxels, and their weights; in compiled kernels only.

    Args:
        path: None (portable) or a tuple with an item for every 16 stored rows (permute).
        scratch: Table of rows, sums of the weighted samples, sums of the weights.
        wedge: Flat `(direction, u, row)`.
        at: Where the left one of two channels starts in `wedge`.
        stored: Rows of a channel in `wedge`.
        part: Weight of the right channel.
        start: First slice that is lit.
        stop: First slice behind those.
        q: Place of the first slice in the aperture, -1 to 1.
        step: Place in the aperture from slice to slice.
        optics: Aperture Q that counts fully, `1 / (1 - Q)`, half the number of real rows.
    """

    def generate(context, builder, sig, values):
        simd = Simd(context, builder)
        _, scratch, wedge, at, stored, part, start, stop, q, step, optics = values
        table, sums, weights = (simd.data(ARRAY, builder.extract_value(scratch, number)) for number in range(3))
        full, scale, half = (builder.extract_value(optics, number) for number in range(3))
        data, right, share = simd.data(ARRAY, wedge), builder.add(at, stored), simd.splat(part)

        def channels(row):
            return simd.between(*(simd.load(data, builder.add(channel, row)) for channel in (at, right)), share)

        if isinstance(path, types.NoneType):
            sample = _from_memory(simd, stored, channels, half, table)
        else:
            sample = _from_registers(simd, path.count, channels, simd.splat(half))
        with cgutils.for_range_slice(builder, start, stop, place(SIMD_WIDTH), inc=True) as (z, _):
            done = builder.sitofp(builder.sub(z, start), ir.FloatType())
            here = builder.fadd(q, builder.fmul(done, step))
            weight = _weight(simd, simd.line(here, step), full, scale)
            simd.add_to(sums, z, simd.multiply(weight, sample(here, step)))
            simd.add_to(weights, z, weight)
        return context.get_dummy_value()

    kinds = (SCRATCH, ARRAY, PLACE, PLACE, SINGLE, PLACE, PLACE, SINGLE, SINGLE, OPTICS)
    return signature(types.void, path, *kinds), generate
