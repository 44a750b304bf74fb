"""The parts of a volume filled with constants or textures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from labelct.synthesis.bank import Source
from labelct.synthesis.greys import GREYS, axis_tables, is_flat, organ_table, quantile_table
from labelct.synthesis.kernels import Voxels, kernels_of

if TYPE_CHECKING:
    from labelct.synthesis.scene import Layer, Spec

CONSTANT, CLIP, WHITE = 0, 1, 2
GOLDEN = 0x9E3779B97F4A7C15  # SplitMix64's step: a seed is the place in one sequence at which white noise begins


def fill(layout: Layer, classes: Mapping[str, Spec], bank: Source) -> Voxels:
    """Fill every class with its constant or with its texture.

    Args:
        layout: Which class every voxel belongs to.
        classes: HU of each, and its clip where it has one.
        bank: What textures are cut from.

    Returns:
        `(x, y, z)` float32 HU.
    """
    specs = [classes[name] for name in layout.names]
    source = np.array([_source(spec) for spec in specs], np.uint8)
    texels = _texels(layout, specs, source, bank)
    greys, counts = _read(layout, specs, source, texels)
    flat = [part for part in np.flatnonzero(source == CLIP).tolist() if _is_flat(specs[part], counts[part])]
    if flat:
        source[flat] = WHITE
        greys, counts = _read(layout, specs, source, texels)
    table = np.stack([_table(spec, counts[part]) for part, spec in enumerate(specs)])
    return kernels_of(layout.numbers).look_up(layout.numbers, greys, table)


def _source(spec: Mapping[str, Any]) -> int:
    if "clip" not in spec:
        return CONSTANT
    return CLIP if "clip" in spec["clip"] else WHITE


def _is_flat(spec: Mapping[str, Any], counts: NDArray[np.int64]) -> bool:
    """Return whether an organ lies on a part of its clip without contrast; white noise takes the clip's place then."""
    matched = "histogram" in spec or int(counts.sum()) < 2
    return not matched and is_flat(counts, spec["sd"], spec.get("quantiles", ()))


def _seed(clip: Mapping[str, Any]) -> int:
    """Return the seed of the white noise that a clip stands for, or that stands for a flat one."""
    return int(clip["seed"]) if "seed" in clip else crc32(json.dumps(clip, sort_keys=True).encode())


def _table(spec: Mapping[str, Any], counts: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the HU of the 256 greys of one part."""
    if "clip" not in spec:
        return np.full(GREYS, spec["hu"], np.float32)
    if "histogram" in spec:
        return quantile_table(counts, spec["histogram"].probability, spec["histogram"].hu)
    return organ_table(counts, spec["hu"], spec["sd"], spec.get("quantiles", ()))


class Texels(NamedTuple):
    """Pixels and, for each volume axis, `(lower, upper, weight)` of `axis_tables`, each `(part, voxel)`."""

    pixels: NDArray[np.uint8]
    tables: tuple[tuple[NDArray[np.int64], ...], ...]


def _texels(layout: Layer, specs: Sequence[Mapping[str, Any]], source: NDArray[np.uint8], bank: Source) -> Texels:
    """Return what the parts with a clip are read from."""
    shape, number = layout.numbers.shape, len(specs)
    tables = tuple(tuple(np.zeros((number, n), np.int64) for _ in range(3)) for n in shape)
    clips = {part: specs[part]["clip"] for part in np.flatnonzero(source == CLIP).tolist()}
    if not clips:
        return Texels(np.zeros(1, np.uint8), tables)
    boxes = kernels_of(layout.numbers).bounding_boxes(layout.numbers, number)
    cut = bank.cut(clips, boxes)
    for part, clip in cut.clips.items():
        found = axis_tables(clip, cut.bank, boxes[part, :3], shape)
        for kind, rows in enumerate(found):
            for axis, row in enumerate(rows):
                tables[axis][kind][part] = row
    return Texels(cut.bank.pixels, tables)


def _read(
    layout: Layer, specs: Sequence[Mapping[str, Any]], source: NDArray[np.uint8], texels: Texels
) -> tuple[Voxels | None, NDArray[np.int64]]:
    """Read greys and their counts; constants alone need no pass and have none."""
    if not source.any():
        return None, np.zeros((len(specs), GREYS), np.int64)
    seeds = [
        _seed(spec["clip"]) * GOLDEN % (1 << 64) if s == WHITE else 0 for spec, s in zip(specs, source, strict=True)
    ]
    read = kernels_of(layout.numbers).read_greys
    return read(layout.numbers, source, texels.pixels, texels.tables, np.array(seeds, np.uint64))
