"""The kernels that turn label maps into HU: one pass to find the parts, one to read greys, one to look up HU."""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from labelct.synthesis.kernels import UNLABELLED
from labelct.threads import over_chunks

Parts = NDArray[np.uint16]


@numba.njit(cache=True, nogil=True)
def _compose(labels: Any, background: Any, lookup: Parts, parts: Parts, start: int, stop: int) -> None:
    for x in range(start, stop):
        for y in range(labels.shape[1]):
            for z in range(labels.shape[2]):
                part = lookup[labels[x, y, z]]
                parts[x, y, z] = background[x, y, z] if part == UNLABELLED else part


def compose_parts(labels: Parts, background: NDArray[np.uint8], lookup: Parts) -> Parts:
    """Paste labels over the background."""
    parts = np.empty(labels.shape, np.uint16)
    over_chunks(lambda a, b: _compose(labels, background, lookup, parts, a, b), len(parts))
    return parts


@numba.njit(cache=True, nogil=True)
def _boxes(parts: Parts, number: int, start: int, stop: int) -> NDArray[np.int64]:
    boxes = np.empty((number, 6), np.int64)
    boxes[:, :3] = 1 << 40
    boxes[:, 3:] = 0
    depth = parts.shape[2]
    for x in range(start, stop):
        for y in range(parts.shape[1]):
            z = 0
            while z < depth:
                first, part = z, parts[x, y, z]
                while z < depth and parts[x, y, z] == part:
                    z += 1
                box = boxes[part]
                box[0], box[3] = min(box[0], x), max(box[3], x + 1)
                box[1], box[4] = min(box[1], y), max(box[4], y + 1)
                box[2], box[5] = min(box[2], first), max(box[5], z)
    return boxes


def bounding_boxes(parts: Parts, number: int) -> NDArray[np.int64]:
    """Return first and one past the last voxel of every part."""
    found = np.stack(over_chunks(lambda a, b: _boxes(parts, number, a, b), len(parts)))
    return np.hstack([found[:, :, :3].min(axis=0), found[:, :, 3:].max(axis=0)])


@numba.njit(cache=True, nogil=True, inline="always")
def scramble(seed: np.uint64, index: np.uint64) -> np.uint64:
    """SplitMix64 (Steele et al., OOPSLA 2014) of a counter: a random number that needs no state."""
    value = seed + index * np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@numba.njit(cache=True, nogil=True)
def _read_greys(
    parts: Parts, source: Any, pixels: Any, tables: Any, seeds: Any, greys: Any, start: int, stop: int
) -> NDArray[np.int64]:
    (xl, xu, xw), (yl, yu, yw), (zl, zu, zw) = tables
    counts = np.zeros((len(source), 256), np.int64)
    for x in range(start, stop):
        for y in range(parts.shape[1]):
            for z in range(parts.shape[2]):
                p = parts[x, y, z]
                if source[p] == 0:
                    continue
                if source[p] == 2:
                    index = np.uint64((x * parts.shape[1] + y) * parts.shape[2] + z)
                    grey = np.uint8(scramble(seeds[p], index) >> np.uint64(56))
                else:
                    a, b, u = xl[p, x], xu[p, x], xw[p, x]
                    c, d, v = yl[p, y], yu[p, y], yw[p, y]
                    e, w = zl[p, z], zw[p, z]
                    near = (pixels[a + c + e] * (256 - u) + pixels[b + c + e] * u) * (256 - v)
                    near += (pixels[a + d + e] * (256 - u) + pixels[b + d + e] * u) * v
                    near <<= 8
                    if w:
                        e = zu[p, z]
                        far = (pixels[a + c + e] * (256 - u) + pixels[b + c + e] * u) * (256 - v)
                        far += (pixels[a + d + e] * (256 - u) + pixels[b + d + e] * u) * v
                        near += (far - (near >> 8)) * w
                    grey = np.uint8((near + (1 << 23)) >> 24)
                greys[x, y, z] = grey
                counts[p, grey] += 1
    return counts


def read_greys(
    parts: Parts, source: NDArray[np.uint8], pixels: NDArray[np.uint8], tables: Any, seeds: Any
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Read the grey value of every textured voxel and count them for each part."""
    greys = np.zeros(parts.shape, np.uint8)
    chunk = lambda a, b: _read_greys(parts, source, pixels, tables, seeds, greys, a, b)  # noqa: E731
    counts = over_chunks(chunk, len(parts))
    return greys, np.sum(counts, axis=0)


@numba.njit(cache=True, nogil=True)
def _look_up(parts: Parts, greys: Any, table: Any, volume: Any, start: int, stop: int) -> None:
    for x in range(start, stop):
        for y in range(parts.shape[1]):
            for z in range(parts.shape[2]):
                volume[x, y, z] = table[parts[x, y, z], greys[x, y, z]]


def look_up(parts: Parts, greys: NDArray[np.uint8] | None, table: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the HU of parts and greys."""
    volume = np.empty(parts.shape, np.float32)
    greys = np.broadcast_to(np.uint8(0), parts.shape) if greys is None else greys
    over_chunks(lambda a, b: _look_up(parts, greys, table, volume, a, b), len(parts))
    return volume
