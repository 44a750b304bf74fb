"""Video files as 8-bit luminance: an index by their headers, and frames that are decoded where they are asked for.

A frame is the one that is shown at the middle of its share of the clip's duration, whatever was decoded before it: the
decoder starts at the keyframe before it and runs on one thread.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError, listed
from labelct.folders import matching
from labelct.io.content import check_file

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame

SUFFIXES = (".mp4", ".mkv", ".mov", ".avi", ".webm", ".m4v", ".mpg", ".mpeg")
REMEDY = "put video files there (.mp4, .mkv, .mov, .avi, .webm) or set texture=stills"
REPLACE = "remove or replace"
UNINDEXED = "mpeg"  # program and transport streams: time stamps after a seek are guesses, so all is decoded
NAMED = 10  # damaged clips that an error names; it counts the others
EBML, SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"  # what a Matroska file and its frames begin with
START = 4096  # bytes; those of a Matroska file that say how large it is are among the first hundred
HEADERS = 1 << 16  # clips whose headers are kept in memory, about 300 bytes each


@dataclass(frozen=True)
class ClipHeader:
    """What a video file says of its first stream.

    Attributes:
        path: The file.
        frames: Number of frames, by count or by duration and rate.
        height: Rows.
        width: Columns.
        start: Time of the first frame in seconds.
        seconds: Duration.
    """

    path: Path
    frames: int
    height: int
    width: int
    start: float
    seconds: float

    def time(self, number: int) -> float:
        """Return a time in seconds at which a frame, from 0, is shown."""
        return self.start + (number + 0.5) / self.frames * self.seconds

    def shrunk(self, size: int) -> tuple[int, int]:
        """Return rows and columns where the shorter side has at most `size` pixels."""
        shrink = min(1.0, size / min(self.height, self.width))
        return max(1, round(self.height * shrink)), max(1, round(self.width * shrink))


def find_videos(root: str | Path) -> list[Path]:
    """Return the video files below a folder, sorted by path.

    Raises:
        InputError: The folder is missing or holds no video.
    """
    folder = Path(os.path.expanduser(root))
    if not folder.is_dir():
        raise InputError(folder, "is no folder of videos", REMEDY)
    found = [path for path in matching(folder, "**/*") if path.suffix.lower() in SUFFIXES and not path.is_dir()]
    if not found:
        raise InputError(folder, "holds no video file", REMEDY)
    return found


def index(root: str | Path) -> list[ClipHeader]:
    """Return the headers of all video files below a folder, sorted by path; no frame is decoded.

    Headers are kept by path, size and time of change.

    Raises:
        InputError: The folder is missing or holds no video, or files in it are damaged: all of them are named.
    """
    found, damaged = [], []
    for path in find_videos(root):
        try:
            check_file(path)
            status = path.stat()
            found.append(_header(path, status.st_size, status.st_mtime_ns))
        except InputError as error:
            damaged.append(f"{path.relative_to(os.path.expanduser(root))} ({error.problem})")
    if damaged:
        problem = f"{len(damaged)} of {len(found) + len(damaged)} clips: {listed(damaged, NAMED)}"
        raise InputError(root, problem, f"{REPLACE} them")
    return found


@lru_cache(maxsize=HEADERS)
def _header(path: Path, size: int, changed: int) -> ClipHeader:
    import av

    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            tick, rate = float(stream.time_base or 0), float(stream.average_rate or stream.guessed_rate or 0)
            start = (stream.start_time or 0) * tick
            seconds = (stream.duration or 0) * tick or (container.duration or 0) / av.time_base - start
            height, width = stream.codec_context.height, stream.codec_context.width
            frames = stream.frames or round(seconds * rate)
            end = max((entry.pos + entry.size for entry in stream.index_entries), default=0)
        with path.open("rb") as file:
            end = max(end, _declared_end(file.read(START)))
    except (av.FFmpegError, IndexError, OSError, ValueError) as error:
        raise InputError(path, f"cannot be decoded ({error})", f"{REPLACE} the file") from None
    if end > size:
        raise InputError(path, f"is cut off after {size} of at least {end} bytes", f"{REPLACE} the file")
    if min(frames, height, width) < 1 or seconds <= 0:
        raise InputError(path, "its header tells no frames", f"{REPLACE} the file")
    return ClipHeader(path, frames, height, width, start, seconds)


def _declared_end(start: bytes) -> int:
    """Return where an AVI or a Matroska file says that it ends, 0 where it does not: a cut one has lost its index.

    Args:
        start: Its first bytes.
    """
    if start.startswith(b"RIFF"):
        return 8 + int.from_bytes(start[4:8], "little")
    if not start.startswith(EBML):
        return 0
    segment = sum(_ebml_size(start, len(EBML)))
    begin, size = _ebml_size(start, segment + len(SEGMENT))
    return begin + size if start[segment:].startswith(SEGMENT) else 0


def _ebml_size(start: bytes, at: int) -> tuple[int, int]:
    """Return where an element's content begins, and its size; 0 where that is unknown, as in a stream (RFC 8794)."""
    length = 9 - start[at].bit_length()  # as many bytes as there are zeros before the first one
    marked = int.from_bytes(start[at : at + length], "big")
    size = marked & ~(1 << 7 * length)
    return at + length, 0 if size == (1 << 7 * length) - 1 else size


def decode(header: ClipHeader, numbers: Sequence[int], size: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Yield frames of a clip, each with its number.

    Args:
        header: Of the clip.
        numbers: Ascending; a frame behind the last that the file holds is its last one.
        size: Most pixels of the shorter side; frames are averaged over areas, and never enlarged.

    Yields:
        Number and `(y, x)` uint8 luminance.

    Raises:
        InputError: The file cannot be decoded, or holds no frame there.
    """
    import av

    try:
        with av.open(str(header.path)) as container:
            yield from _shown(header, container, numbers, header.shrunk(size))
    except (av.FFmpegError, IndexError, OSError) as error:
        raise InputError(header.path, f"cannot be decoded ({error})", f"{REPLACE} the file") from None


def _shown(
    header: ClipHeader, container: InputContainer, numbers: Sequence[int], shape: tuple[int, int]
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Yield each wanted number with the last frame whose time has come."""
    waiting, shown = list(reversed(numbers)), None
    for frame in _frames_from(container, header.time(waiting[-1]), header.start):
        while shown is not None and waiting and frame.time > header.time(waiting[-1]):
            yield waiting.pop(), _grey(shown, shape)
        if not waiting:
            return
        shown = frame
    if shown is None:
        problem = f"holds no frame at {header.time(waiting[-1]):.1f} s"
        raise InputError(header.path, problem, f"{REPLACE} the file")
    for number in reversed(waiting):
        yield number, _grey(shown, shape)


def _frames_from(container: InputContainer, time: float, start: float) -> Iterator[Any]:
    """Yield frames in the order they are shown in, from a keyframe at or before `time` on."""
    stream = container.streams.video[0]
    stream.codec_context.thread_count = 1
    if container.format.name.startswith(UNINDEXED):
        yield from (frame for frame in container.decode(stream) if frame.time is not None)
        return
    back = 0.0
    while True:
        begin = max(time - back, start)
        container.seek(int(begin / float(stream.time_base or 1)), stream=stream)
        frames = (frame for frame in container.decode(stream) if frame.time is not None)
        first = next((frame for frame in frames if frame.key_frame or frame.time > time), None)
        # what is shown before a keyframe and decoded after it may need what was not decoded
        if first is not None and first.key_frame and first.time <= time:
            break
        if begin <= start:
            container.seek(int(start / float(stream.time_base or 1)), stream=stream)
            frames = (frame for frame in container.decode(stream) if frame.time is not None)
            first = next(frames, None)
            break
        back = max(2 * back, 1.0)
    if first is not None:
        yield first
        yield from frames


def _grey(frame: VideoFrame, shape: tuple[int, int]) -> NDArray[np.uint8]:
    height, width = shape
    small = frame.reformat(width=width, height=height, format="gray", interpolation="AREA", threads=1)
    return np.asarray(small.to_ndarray(), np.uint8)
