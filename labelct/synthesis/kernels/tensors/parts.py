"""From label maps to HU: one pass to find the parts, one to read greys, one to look up HU."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from labelct.synthesis.kernels import UNLABELLED
from labelct.synthesis.kernels.tensors.counter import signed, uniform_bits
from labelct.synthesis.kernels.tensors.voxels import counts_of, host, like, read, slabs, taken

GREYS, CLIP, WHITE = 256, 1, 2
CORNERS = 8  # pixels that a voxel lies between
# The bank that was read last on each device, with what it was made of: it is large, and the same for every volume.
_banks: dict[torch.device, tuple[NDArray[np.uint8], Tensor]] = {}


def compose_parts(labels: Tensor, background: Tensor, lookup: NDArray[np.uint16]) -> Tensor:
    """Paste labels over the background."""
    parts = taken(like(lookup, labels), labels)
    for slab in slabs(parts.shape):
        shown = parts[slab]
        parts[slab] = torch.where(shown == int(UNLABELLED), background[slab].to(shown.dtype), shown)
    return parts


def bounding_boxes(parts: Tensor, number: int) -> NDArray[np.int64]:
    """Return first and one past the last voxel of every part."""
    boxes = np.empty((number, 6), np.int64)
    for axis, length in enumerate(parts.shape):
        shape = [1, 1, 1]
        shape[axis] = -1
        seen = torch.zeros(number * length, dtype=torch.bool, device=parts.device)
        places = torch.arange(length, device=parts.device).view(shape)
        for slab in slabs(parts.shape):
            planes = places[slab] if axis == 0 else places
            seen.index_fill_(0, (parts[slab].long() * length + planes).view(-1), True)
        there = host(seen).reshape(number, length)
        absent = ~there.any(axis=1)
        boxes[:, axis] = np.where(absent, 1 << 40, there.argmax(axis=1))
        boxes[:, axis + 3] = np.where(absent, 0, length - there[:, ::-1].argmax(axis=1))
    return boxes


def read_greys(
    parts: Tensor, source: NDArray[np.uint8], pixels: NDArray[np.uint8], tables: Any, seeds: NDArray[np.uint64]
) -> tuple[Tensor, NDArray[np.int64]]:
    """Read the grey value of every textured voxel and count them for each part."""
    greys = torch.zeros_like(parts, dtype=torch.uint8)
    if (source == WHITE).any():
        _fill_white(greys, parts, source == WHITE, seeds)
    cut = np.flatnonzero(source == CLIP).tolist()
    if cut:
        bank, boxes = _bank(pixels, parts.device), bounding_boxes(parts, len(source))
        for part in cut:
            _fill_clip(greys, parts, part, boxes[part], bank, tables)
    counts = torch.zeros(len(source) * GREYS, dtype=torch.int64, device=parts.device)
    for slab in slabs(parts.shape):
        counts += counts_of(parts[slab].to(torch.int32) * GREYS + greys[slab], len(counts))
    counted: NDArray[np.int64] = host(counts).reshape(-1, GREYS)
    counted[source == 0] = 0
    return greys, counted


def _bank(pixels: NDArray[np.uint8], device: torch.device) -> Tensor:
    held = _banks.get(device)
    if held is None or held[0] is not pixels:
        held = _banks[device] = pixels, torch.from_numpy(pixels.copy()).to(device)
    return held[1]


def _fill_white(greys: Tensor, parts: Tensor, white: NDArray[np.bool_], seeds: NDArray[np.uint64]) -> None:
    """Write the uniform greys of the parts that are white noise."""
    is_white, seed = like(white, parts), like(signed(seeds), parts)
    for slab in slabs(parts.shape):
        numbers = parts[slab]
        grey = uniform_bits(read(seed, numbers), slab, parts.shape, 8)
        greys[slab] = torch.where(read(is_white, numbers), grey, 0).to(torch.uint8)


def _fill_clip(greys: Tensor, parts: Tensor, part: int, box: NDArray[np.int64], bank: Tensor, tables: Any) -> None:
    """Write the greys of one part, which reads a clip linearly between its pixels, in fixed point."""
    if not box[3]:
        return
    first, last = box[:3].tolist(), box[3:].tolist()
    own = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
    numbers, found = parts[own], greys[own]
    x, y, z = (
        like(np.stack([row[part, places] for row in rows]).astype(np.int32), parts)
        for rows, places in zip(tables, own, strict=True)
    )
    along_y, along_z = y[:2, None, None, :, None], z[:2, None, None, :]
    for slab in slabs(numbers.shape, share=CORNERS):
        places = x[:2, None, None, slab, None, None] + along_y + along_z  # (lower and upper x, y, z; then voxels)
        pixels = read(bank, places).to(torch.int32)
        for weight in (x[2, slab, None, None], y[2, :, None]):
            pixels = pixels[0] * (256 - weight) + pixels[1] * weight
        mixed = pixels[0].long() * 256 + (pixels[1] - pixels[0]) * z[2]
        own_greys = ((mixed + (1 << 23)) >> 24).to(torch.uint8)
        found[slab] = torch.where(numbers[slab] == part, own_greys, found[slab])


def look_up(parts: Tensor, greys: Tensor | None, table: NDArray[np.float32]) -> Tensor:
    """Return the HU of parts and greys."""
    if greys is None:
        return taken(like(table[:, 0], parts), parts)
    volume, flat = torch.empty_like(parts, dtype=torch.float32), like(table.reshape(-1), parts)
    for slab in slabs(parts.shape):
        volume[slab] = read(flat, parts[slab].to(torch.int32) * GREYS + greys[slab])
    return volume
