"""The texture bank: 8-bit clips that every volume of a data set cuts its textures from."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from labelct.synthesis.texture import Settings

Clip = NDArray[np.uint8]


@dataclass(frozen=True)
class Bank:
    """Clips one behind the other in one array, so that workers share it and kernels index it.

    Attributes:
        pixels: All clips, flat; uint8.
        shapes: `(t, y, x)` of each clip.
        names: Where each clip comes from.
        digest: First 16 hex digits of the SHA-256 over shapes and pixels; what a replay compares.
    """

    pixels: NDArray[np.uint8]
    shapes: tuple[tuple[int, int, int], ...]
    names: tuple[str, ...]
    digest: str

    def __len__(self) -> int:
        return len(self.shapes)

    @property
    def clips(self) -> list[Clip]:
        """The clips as `(t, y, x)` views."""
        parts = np.split(self.pixels, self.starts[1:])
        return [part.reshape(shape) for part, shape in zip(parts, self.shapes, strict=False)]

    @property
    def starts(self) -> list[int]:
        """Index of the first pixel of each clip."""
        return [0, *accumulate(math.prod(shape) for shape in self.shapes)][:-1]


def make_bank(clips: Sequence[Clip], names: Sequence[str]) -> Bank:
    """Return the bank of `clips`, `(t, y, x)` uint8 each."""
    shapes = tuple((int(c.shape[0]), int(c.shape[1]), int(c.shape[2])) for c in clips)
    pixels = np.concatenate([np.ascontiguousarray(c).ravel() for c in clips]) if clips else np.zeros(0, np.uint8)
    digest = hashlib.sha256(repr(shapes).encode())
    digest.update(pixels.data)
    return Bank(pixels, shapes, tuple(names), digest.hexdigest()[:16])


def load_bank(settings: Settings) -> Bank:
    """Read or generate the clips of a texture.

    The same settings give the same bank. Load it once and hand it to every worker.

    Args:
        settings: Kind, size and number of the clips.

    Returns:
        The bank; empty for `none`, and for `white`, which needs no clips.

    Raises:
        InputError: The video folder is missing, empty, or a file in it cannot be decoded.
    """
    if settings.kind == "video":
        from labelct.io.video import find_videos, read_clip

        paths = find_videos(settings.root or "")
        chosen = [paths[i] for i in np.unique(np.linspace(0, len(paths) - 1, settings.clips).round().astype(int))]
        return make_bank([read_clip(path, settings.size, settings.frames) for path in chosen], [p.name for p in chosen])
    if settings.kind == "stills":
        from labelct.synthesis.stills import stills_clips

        return make_bank(*stills_clips(settings))
    if settings.kind in ("noise", "leaves"):
        from labelct.synthesis.procedural import procedural_clips

        return make_bank(*procedural_clips(settings))
    return make_white()


def make_white() -> Bank:
    """Return the empty bank, which stands for white noise and for recipes without texture."""
    return make_bank([], [])
