"""Video files as 8-bit luminance clips, through PyAV."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError

SUFFIXES = (".mp4", ".mkv", ".mov", ".avi", ".webm", ".m4v", ".mpg", ".mpeg")
REMEDY = "put video files there (.mp4, .mkv, .mov, .avi, .webm) or set texture=stills"


def find_videos(root: str | Path) -> list[Path]:
    """Return the video files below a folder, sorted by path.

    Raises:
        InputError: The folder is missing or holds no video.
    """
    folder = Path(root).expanduser()
    if not folder.is_dir():
        raise InputError(folder, "is no folder of videos", REMEDY)
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    if not found:
        raise InputError(folder, "holds no video file", REMEDY)
    return found


def read_clip(path: str | Path, size: int = 192, max_frames: int = 96) -> NDArray[np.uint8]:
    """Decode the first frames of a video's first stream.

    Args:
        path: Video file in any format that FFmpeg reads.
        size: Shorter side of the result in pixels; frames are averaged over areas, and never enlarged.
        max_frames: Most frames to read.

    Returns:
        `(t, y, x)` uint8 luminance.

    Raises:
        InputError: The file cannot be decoded, or holds no frame.
    """
    import av

    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            frames = []
            for frame in container.decode(stream):
                shrink = min(1.0, size / min(frame.width, frame.height))
                width, height = max(1, round(frame.width * shrink)), max(1, round(frame.height * shrink))
                grey = frame.reformat(width=width, height=height, format="gray", interpolation="AREA")
                frames.append(grey.to_ndarray())
                if len(frames) == max_frames:
                    break
    except (av.FFmpegError, IndexError, OSError) as error:
        raise InputError(path, f"cannot be decoded ({error})", "remove or replace the file") from None
    if not frames:
        raise InputError(path, "holds no frame", "remove or replace the file")
    return np.stack(frames)
