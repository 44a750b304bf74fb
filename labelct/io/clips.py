"""The clips of a folder as textures ask for them: frames by number, cropped; those decoded last stay in memory."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from labelct.io.video import ClipHeader, decode, index

Frame = NDArray[np.uint8]
Key = tuple[ClipHeader, int, int]  # clip, pixels of the shorter side, number
MIB = 1 << 20


class FrameCache:
    """The frames that were decoded last, the oldest forgotten first; any number of threads may use it."""

    def __init__(self) -> None:
        self.bytes = 0
        self._frames: OrderedDict[Key, Frame] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key) -> Frame | None:
        """Return a frame, or None."""
        with self._lock:
            if key in self._frames:
                self._frames.move_to_end(key)
            return self._frames.get(key)

    def put(self, key: Key, frame: Frame, limit: int) -> None:
        """Keep a frame; all frames together have at most `limit` bytes."""
        with self._lock:
            if key not in self._frames and frame.nbytes <= limit:
                self._frames[key] = frame
                self.bytes += frame.nbytes
            while self.bytes > limit:
                self.bytes -= self._frames.popitem(last=False)[1].nbytes


CACHE = FrameCache()  # one for each process: what is drawn with travels to workers again with every case


@dataclass(frozen=True)
class Clips:
    """The clips of a folder; see `labelct.synthesis.footage.Reader`.

    Attributes:
        headers: Of each clip.
        size: Most pixels of a frame's shorter side, after area resizing.
        cache_bytes: Most memory of decoded frames in each process.
        digest: First 16 hex digits of the SHA-256 over names, sizes and headers of the clips, and `size`.
    """

    headers: tuple[ClipHeader, ...]
    size: int
    cache_bytes: int
    digest: str

    @classmethod
    def of(cls, root: str | Path, size: int, cache_mb: int) -> Clips:
        """Return the clips of a folder; only headers are read.

        Raises:
            InputError: The folder is missing or holds no video, or files in it are damaged.
        """
        headers = index(root)
        told = [(clip.path.name, clip.path.stat().st_size, clip.frames, clip.height, clip.width) for clip in headers]
        digest = hashlib.sha256(repr((size, told)).encode()).hexdigest()[:16]
        return cls(tuple(headers), size, cache_mb * MIB, digest)

    @property
    def shapes(self) -> tuple[tuple[int, int, int], ...]:
        """Frames, rows and columns of each clip."""
        return tuple((clip.frames, *clip.shrunk(self.size)) for clip in self.headers)

    def frames(self, clip: int, numbers: Sequence[int], rows: slice, columns: slice) -> NDArray[np.uint8]:
        """Return frames of a clip, `(number, row, column)` luminance.

        Args:
            clip: Its number.
            numbers: Of the frames, in any order, also several times.
            rows: Which rows of the frame.
            columns: Which columns.

        Raises:
            InputError: The clip cannot be decoded.
        """
        header, wanted = self.headers[clip], np.asarray(numbers)
        found = np.empty((len(wanted), rows.stop - rows.start, columns.stop - columns.start), np.uint8)
        missing = []
        for number in np.unique(wanted).tolist():
            kept = CACHE.get((header, self.size, number))
            if kept is None:
                missing.append(number)
            else:
                found[wanted == number] = kept[rows, columns]
        if missing:
            for number, frame in decode(header, missing, self.size):
                CACHE.put((header, self.size, number), frame, self.cache_bytes)
                found[wanted == number] = frame[rows, columns]
        return found
