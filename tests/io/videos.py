"""Small video files: each frame has a grey of its own, the left half is darker than the right."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

LEFT = 40


def grey(number: int) -> int:
    """Return what the right half of a frame shows, in full range."""
    return 60 + 3 * number


def write_video(path: Path, frames: int = 12, codec: str = "ffv1", start: int = 0, **options: str) -> Path:
    """Write frames of 128 x 96, 25 a second, the first of them with the grey of number `start`."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        for t in range(frames):
            picture = np.full((96, 128, 3), grey(start + t), np.uint8)
            picture[:, :64] = LEFT
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode())
    return path
