from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from labelct.errors import InputError
from labelct.io.video import find_videos, read_clip


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Twelve frames, 128 x 96, that grow brighter; the left half is darker than the right."""
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        for t in range(12):
            grey = np.full((96, 128, 3), 60 + 10 * t, np.uint8)
            grey[:, :64] = 40
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, "rgb24")))
        container.mux(stream.encode())
    return path


def test_frames_are_time_row_column(video: Path) -> None:
    clip = read_clip(video, 96)
    assert (clip.dtype, clip.shape) == (np.uint8, (12, 96, 128))
    assert clip[3, 50, 20] < clip[3, 50, 100]
    assert np.all(np.diff(clip[:, 50, 100].astype(int)) > 0)


def test_frames_shrink_to_the_shorter_side_and_never_grow(video: Path) -> None:
    assert read_clip(video, 48).shape == (12, 48, 64)
    assert read_clip(video, 500).shape == (12, 96, 128)


def test_long_videos_are_cut(video: Path) -> None:
    assert len(read_clip(video, 32, max_frames=5)) == 5


def test_videos_are_found_below_the_folder(video: Path) -> None:
    (video.parent / "deep").mkdir()
    deeper = video.parent / "deep" / "a.MP4"
    deeper.write_bytes(b"")
    (video.parent / "readme.txt").write_text("none")
    assert find_videos(video.parent) == [video, deeper]


def test_an_empty_or_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no video file"):
        find_videos(tmp_path)
    with pytest.raises(InputError, match="is no folder"):
        find_videos(tmp_path / "none")


@pytest.mark.parametrize("content", [b"", b"no video at all", b"\x00" * 4096])
def test_a_broken_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.mp4"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"broken\.mp4"):
        read_clip(path)
