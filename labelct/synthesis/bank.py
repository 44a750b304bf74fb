"""What every volume of a data set cuts its textures from: clips in memory, or videos that are decoded in part."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from labelct.errors import SettingError

if TYPE_CHECKING:
    from labelct.synthesis.texture import Settings

Clip = NDArray[np.uint8]
# A place in a clip is drawn again while the greys of 48 pixels around it differ by less than 6 of 256: a sky or a wall
# gives an organ no texture.
SQUARE, FLAT = 48, 6.0


class Source(Protocol):
    """What textures are cut from."""

    @property
    def digest(self) -> str:
        """What identifies it; what a replay compares."""

    def __len__(self) -> int:
        """Return the number of clips; none stand for white noise."""

    def start(self, clip: int, shares: Sequence[float]) -> list[float]:
        """Return the start of a texture per clip dimension, for shares in [0, 1) of the clip."""

    def has_contrast(self, params: Mapping[str, Any]) -> bool:
        """Return whether a texture may begin where `params` say."""

    def cut(self, clips: Mapping[int, Mapping[str, Any]], boxes: NDArray[np.int64]) -> Cut:
        """Return what fills the boxes `(part, 6)` of some parts, each with its clip."""


class Cut(NamedTuple):
    """Clips in memory and, by part, where its texture lies in them, as of `sample_clip`."""

    bank: Bank
    clips: Mapping[int, Mapping[str, Any]]


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

    def start(self, clip: int, shares: Sequence[float]) -> list[float]:
        """Return frame, row and column at shares of a clip."""
        return [float(np.floor(share * n)) for share, n in zip(shares, self.shapes[clip], strict=True)]

    def has_contrast(self, params: Mapping[str, Any]) -> bool:
        """Return whether the greys at the start of a texture differ enough."""
        return contrast(self, params) >= FLAT

    def cut(self, clips: Mapping[int, Mapping[str, Any]], boxes: NDArray[np.int64]) -> Cut:
        """Return the bank itself: all of it lies in memory."""
        return Cut(self, clips)


def contrast(bank: Bank, params: Mapping[str, Any]) -> float:
    """Return the standard deviation of the greys in a square of 48 pixels at the start of a texture."""
    frame, y, x = (int(s) for s in params["start"])
    rows, columns = (
        slice(max(0, s - SQUARE), s + 1) if step < 0 else slice(s, s + SQUARE)
        for s, step in zip((y, x), params["step"][1:], strict=True)
    )
    return float(bank.clips[params["clip"]][frame, rows, columns].std())


def make_bank(clips: Sequence[Clip], names: Sequence[str]) -> Bank:
    """Return the bank of `clips`, `(t, y, x)` uint8 each."""
    shapes = tuple((int(c.shape[0]), int(c.shape[1]), int(c.shape[2])) for c in clips)
    pixels = np.concatenate([np.ascontiguousarray(c).ravel() for c in clips]) if clips else np.zeros(0, np.uint8)
    digest = hashlib.sha256(repr(shapes).encode())
    digest.update(pixels.data)
    return Bank(pixels, shapes, tuple(names), digest.hexdigest()[:16])


def load_bank(settings: Settings) -> Source:
    """Generate the clips of a texture, or open those of a folder.

    The same settings give the same bank. Load it once and hand it to every worker.

    Args:
        settings: Kind, size and number of the clips.

    Returns:
        The clips; none for `none`, and for `white`, which needs none.

    Raises:
        SettingError: There is no folder of videos.
        InputError: The folder is missing or empty, or files in it are damaged.
    """
    if settings.kind == "video":
        from labelct.io.clips import Clips
        from labelct.synthesis.footage import Footage

        if settings.root is None:
            remedy = "set texture.root=FOLDER or texture=stills"
            raise SettingError("texture.root", None, "a folder of video files", remedy)
        return Footage(Clips.of(settings.root, settings.size, settings.cache_mb))
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
