"""Textures from videos: of each clip just the frames and the crop that an organ's bounding box needs.

Time runs along one axis of the volume and is continued by reflection. The crop is as large as the box's section, so
that nothing repeats within a section; a section that is larger than the frame at the drawn scale is filled by enlarging
the frame, as little as it takes, in both directions alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from labelct.synthesis.bank import Bank, Cut
from labelct.synthesis.greys import reflect
from labelct.threads import over


class Reader(Protocol):
    """What decodes clips."""

    @property
    def digest(self) -> str:
        """What identifies the clips."""

    @property
    def shapes(self) -> tuple[tuple[int, int, int], ...]:
        """Frames, rows and columns `(t, y, x)` of each clip."""

    def frames(self, clip: int, numbers: Sequence[int], rows: slice, columns: slice) -> NDArray[np.uint8]:
        """Return frames of a clip by their numbers, cropped, `(t, y, x)`; the same bits at any time."""


class Window(NamedTuple):
    """The part of a clip that fills a box.

    Attributes:
        clip: Number of the clip.
        numbers: Of its frames, slice by slice of the box.
        rows: Rows of the frames.
        columns: Columns of the frames.
        params: Where the window is read, as of `sample_clip`, but for `clip`.
    """

    clip: int
    numbers: list[int]
    rows: slice
    columns: slice
    params: dict[str, Any]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows and columns."""
        return len(self.numbers), self.rows.stop - self.rows.start, self.columns.stop - self.columns.start


@dataclass(frozen=True)
class Footage:
    """Clips that are decoded where they are painted; drawing reads none."""

    reader: Reader

    def __len__(self) -> int:
        return len(self.reader.shapes)

    @property
    def digest(self) -> str:
        """What identifies the clips; what a replay compares."""
        return self.reader.digest

    def start(self, clip: int, shares: Sequence[float]) -> list[float]:
        """Return frame, and row and column as shares of the room that the crop has, at shares of a clip."""
        return [float(np.floor(shares[0] * self.reader.shapes[clip][0])), *map(float, shares[1:])]

    def has_contrast(self, params: Mapping[str, Any]) -> bool:
        """Return True: what has none is found once it is painted, and noise takes its place then."""
        return True

    def cut(self, clips: Mapping[int, Mapping[str, Any]], boxes: NDArray[np.int64]) -> Cut:
        """Decode what fills the boxes of some parts.

        Args:
            clips: Of `sample_clip`, by part.
            boxes: `(part, 6)`: first and one past the last voxel of each part, the last 0 where it is absent.

        Raises:
            InputError: A clip cannot be decoded.
        """
        shapes = self.reader.shapes
        parts = [part for part in clips if boxes[part, 3]]
        windows = [window(clips[part], shapes[clips[part]["clip"]], boxes[part]) for part in parts]
        starts = np.cumsum([0, *(math.prod(each.shape) for each in windows)])
        pixels = np.empty(int(starts[-1]), np.uint8)

        def read(number: int) -> None:
            clip, numbers, rows, columns, _ = windows[number]
            pixels[starts[number] : starts[number + 1]] = self.reader.frames(clip, numbers, rows, columns).ravel()

        over(read, len(windows))
        found = {
            part: {**each.params, "clip": number}
            for number, (part, each) in enumerate(zip(parts, windows, strict=True))
        }
        return Cut(Bank(pixels, tuple(each.shape for each in windows), (), self.digest), found)


def window(params: Mapping[str, Any], shape: tuple[int, int, int], box: NDArray[np.int64]) -> Window:
    """Return which part of a clip fills a box.

    Args:
        params: Of `sample_clip`.
        shape: Frames, rows and columns of the clip.
        box: First and one past the last voxel, `(x, y, z)` each.
    """
    extent = box[3:] - box[:3]
    length = [int(extent[params["axes"].index(dimension)]) for dimension in range(3)]
    (stride, *steps), sizes = params["step"], list(zip(shape[1:], length[1:], strict=True))
    numbers = reflect(params["start"][0] + stride * np.arange(length[0]), shape[0]).astype(int).tolist()
    scale = min(abs(steps[0]), *((pixels - 1) / max(voxels - 1, 1) for pixels, voxels in sizes))
    crops, start = [], [0.0]
    for share, step, (pixels, voxels) in zip(params["start"][1:], steps, sizes, strict=True):
        span = scale * (voxels - 1)
        origin = share * max(pixels - 1 - span, 0.0)
        first, last = math.floor(origin), min(math.ceil(origin + span), pixels - 1)
        crops.append(slice(first, last + 1))
        start.append((origin if step > 0 else origin + span) - first)
    step = [1.0, *(math.copysign(scale, step) for step in steps)]
    local = {"axes": params["axes"], "start": start, "step": step}
    return Window(params["clip"], numbers, crops[0], crops[1], local)
