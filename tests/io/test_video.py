from __future__ import annotations

import os
import shutil
from pathlib import Path

import av
import numpy as np
import pytest

from labelct.errors import InputError
from labelct.io.video import ClipHeader, decode, find_videos, index
from tests.io.videos import write_video


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "clip.mkv")


def sequential(clip: ClipHeader, size: int) -> list[np.ndarray]:
    """Decode a whole clip from its start with FFmpeg's own choice of threads."""
    height, width = clip.shrunk(size)
    with av.open(str(clip.path)) as container:
        return [
            frame.reformat(width=width, height=height, format="gray", interpolation="AREA").to_ndarray()
            for frame in container.decode(video=0)
        ]


def test_frames_are_rows_of_columns(video: Path) -> None:
    (clip,) = index(video.parent)
    (number, frame), *others = decode(clip, [3, 7, 9], 96)
    assert (number, frame.dtype, frame.shape) == (3, np.uint8, (96, 128))
    assert frame[50, 20] < frame[50, 100] < others[0][1][50, 100] < others[1][1][50, 100]


def test_frames_shrink_to_the_shorter_side_and_never_grow(video: Path) -> None:
    (clip,) = index(video.parent)
    assert clip.shrunk(48) == next(decode(clip, [0], 48))[1].shape == (48, 64)
    assert clip.shrunk(500) == (96, 128)


ENCODED = {
    "open.mp4": ("libx264", {"g": "9", "bf": "3", "x264-params": "open-gop=1:scenecut=0"}),
    "closed.mov": ("libx264", {"g": "10", "bf": "2"}),
    "one_keyframe.mkv": ("libx264", {"g": "250"}),
    "old.avi": ("mpeg4", {"g": "6"}),
    "web.webm": ("libvpx", {"g": "8", "deadline": "realtime"}),
    "lossless.mkv": ("ffv1", {}),
}


@pytest.mark.parametrize("name", ENCODED)
def test_a_lone_frame_has_the_bits_that_decoding_from_the_start_gives(tmp_path: Path, name: str) -> None:
    codec, options = ENCODED[name]
    try:
        write_video(tmp_path / name, 30, codec, **options)
    except av.FFmpegError as error:
        pytest.skip(f"this FFmpeg does not write {codec} ({error})")
    (clip,) = index(tmp_path)
    whole = sequential(clip, 48)
    assert clip.frames == len(whole) == 30
    for number in (0, 1, 8, 9, 10, 17, 20, 28, 29):
        assert np.array_equal(next(decode(clip, [number], 48))[1], whole[number]), number
    some = dict(decode(clip, [2, 9, 25], 48))
    assert all(np.array_equal(frame, whole[number]) for number, frame in some.items())
    assert list(some) == [2, 9, 25]


def test_a_program_stream_is_decoded_from_its_start(tmp_path: Path) -> None:
    write_video(tmp_path / "program.mpg", 60, "mpeg2video", g="12", bf="2")
    (clip,) = index(tmp_path)
    whole = sequential(clip, 48)
    for number in range(0, clip.frames, 5):
        assert np.array_equal(next(decode(clip, [number], 48))[1], whole[number]), number


def test_a_frame_does_not_depend_on_where_decoding_began(tmp_path: Path) -> None:
    write_video(tmp_path / "bidirectional.avi", 30, "mpeg4", g="6", bf="2")
    (clip,) = index(tmp_path)
    run = dict(decode(clip, range(30), 48))
    for number in range(30):
        assert np.array_equal(next(decode(clip, [number], 48))[1], run[number]), number


def test_lone_frames_of_real_clips_are_those_of_the_whole(real_data: Path) -> None:
    for clip in index(real_data / "videos"):
        if clip.frames > 200:
            continue
        whole = sequential(clip, 32)
        for number in (0, clip.frames // 3, clip.frames - 1):
            assert np.array_equal(next(decode(clip, [number], 32))[1], whole[min(number, len(whole) - 1)]), clip.path


def test_a_frame_behind_the_last_is_the_last(video: Path) -> None:
    (clip,) = index(video.parent)
    longer = ClipHeader(clip.path, 20, clip.height, clip.width, clip.start, clip.seconds * 20 / 12)
    frames = dict(decode(longer, [11, 19], 96))
    assert np.array_equal(frames[11], frames[19])


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


def test_all_damaged_clips_are_named_at_once(tmp_path: Path) -> None:
    write_video(tmp_path / "fine.mkv")
    whole = write_video(tmp_path / "cut.mp4", 12, "mpeg4", movflags="faststart").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[:-200])
    for name, content in {"empty": b"", "text": b"no video at all", "zeros": b"\x00" * 4096}.items():
        (tmp_path / f"{name}.mp4").write_bytes(content)
    with pytest.raises(InputError, match=r"4 of 5 clips: cut\.mp4 .*, empty\.mp4 .*, text\.mp4 .*, zeros\.mp4") as told:
        index(tmp_path)
    assert "fine" not in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(("name", "codec"), [("a.mkv", "ffv1"), ("a.webm", "libvpx"), ("a.avi", "mpeg4")])
def test_a_clip_that_lost_its_index_with_its_end_is_cut_off(tmp_path: Path, name: str, codec: str) -> None:
    """Its header tells all frames; those behind the cut would all be the last one before it."""
    path = write_video(tmp_path / name, 40, codec)
    whole = path.read_bytes()
    assert index(tmp_path)[0].frames == 40
    path.write_bytes(whole[: len(whole) * 9 // 10])
    with pytest.raises(InputError, match=rf"{name} \(is cut off after \d+ of at least {len(whole)} bytes"):
        index(tmp_path)


def test_a_matroska_file_of_unknown_size_is_read(video: Path) -> None:
    whole, frames = video.read_bytes(), b"\x18\x53\x80\x67"
    at = whole.index(frames) + len(frames)
    video.write_bytes(whole[:at] + b"\x01" + b"\xff" * 7 + whole[at + 8 :])
    assert index(video.parent)[0].frames == 12


def test_a_link_to_nothing_and_a_pipe_are_damaged_clips_and_no_absent_ones(video: Path) -> None:
    (video.parent / "gone.mp4").symlink_to("nowhere.mp4")
    os.mkfifo(video.parent / "pipe.mp4")
    with pytest.raises(InputError, match=r"2 of 3 clips: gone\.mp4 \(a link to nowhere\.mp4.*pipe\.mp4 \(no regular"):
        index(video.parent)


def test_many_damaged_clips_are_counted(tmp_path: Path) -> None:
    for number in range(13):
        (tmp_path / f"{number:02d}.mp4").write_bytes(b"")
    with pytest.raises(InputError, match=r"13 of 13 clips: .*09\.mp4.* and 3 more; remove or replace them"):
        index(tmp_path)


def test_an_index_decodes_nothing_and_reads_a_header_once(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    real = av.open
    monkeypatch.setattr(av, "open", lambda *given: opened.append(given) or real(*given))
    first = index(video.parent)
    assert index(video.parent) == first
    assert len(opened) == 1
    shutil.copyfile(write_video(video.with_name("other.avi"), 7), video)
    assert index(video.parent)[0].frames == 7, "a file that changed is read again"


def test_a_clip_that_goes_away_is_named(video: Path) -> None:
    (clip,) = index(video.parent)
    video.unlink()
    with pytest.raises(InputError, match=r"clip\.mkv: cannot be decoded"):
        next(decode(clip, [0], 96))
