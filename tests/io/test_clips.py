from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from labelct.io import clips, video
from labelct.io.clips import Clips, FrameCache
from tests.io.videos import write_video

EVERYTHING = slice(0, 48), slice(0, 64)


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch) -> FrameCache:
    fresh = FrameCache()
    monkeypatch.setattr(clips, "CACHE", fresh)
    return fresh


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_video(tmp_path / "a.mkv")
    write_video(tmp_path / "b.mp4", 30, "mpeg4", g="8")
    return tmp_path


def test_frames_come_in_the_order_that_is_asked_for_and_cropped(folder: Path) -> None:
    given = Clips.of(folder, 48, 16)
    assert given.shapes == ((12, 48, 64), (30, 48, 64))
    whole = given.frames(0, range(12), *EVERYTHING)
    some = given.frames(0, [7, 2, 7, 11], slice(10, 20), slice(30, 50))
    assert np.array_equal(some, whole[[7, 2, 7, 11], 10:20, 30:50])
    assert whole[2, 12, 40] < whole[7, 12, 40]


@pytest.mark.parametrize("cache_mb", [0, 1])
def test_what_was_decoded_before_changes_no_bit(folder: Path, cache_mb: int, cache: FrameCache) -> None:
    given = Clips.of(folder, 48, cache_mb)
    fresh = given.frames(1, [20, 5, 13], *EVERYTHING)
    for numbers in ([13], range(30), [5, 6]):
        given.frames(1, numbers, *EVERYTHING)
    assert np.array_equal(given.frames(1, [20, 5, 13], *EVERYTHING), fresh)
    assert (cache.bytes > 0) == (cache_mb > 0)


def test_what_is_held_is_decoded_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[int]] = []
    monkeypatch.setattr(
        clips, "decode", lambda clip, numbers, size: asked.append(numbers) or video.decode(clip, numbers, size)
    )
    given = Clips.of(folder, 48, 16)
    given.frames(0, [3, 4], *EVERYTHING)
    given.frames(0, [4, 3, 5, 3], *EVERYTHING)
    assert asked == [[3, 4], [5]]


def test_the_oldest_frames_are_forgotten_first() -> None:
    held, frame = FrameCache(), np.zeros((10, 10), np.uint8)
    for number in range(5):
        held.put(("clip", 10, number), frame, 300)  # type: ignore[arg-type]
        held.get(("clip", 10, 0))  # type: ignore[arg-type]
    kept = [number for number in range(5) if held.get(("clip", 10, number)) is not None]  # type: ignore[arg-type]
    assert (kept, held.bytes) == ([0, 3, 4], 300)


def test_a_frame_larger_than_the_cache_is_not_kept() -> None:
    held = FrameCache()
    held.put(("clip", 10, 0), np.zeros((10, 10), np.uint8), 99)  # type: ignore[arg-type]
    assert (held.bytes, held.get(("clip", 10, 0))) == (0, None)  # type: ignore[arg-type]


def test_the_digest_tells_folders_and_sizes_apart_and_no_caches(folder: Path) -> None:
    digest = Clips.of(folder, 48, 16).digest
    assert digest == Clips.of(folder, 48, 1).digest != Clips.of(folder, 32, 16).digest
    write_video(folder / "c.mkv", 3)
    assert Clips.of(folder, 48, 16).digest != digest


def test_what_travels_to_a_worker_holds_no_frames(folder: Path) -> None:
    given = Clips.of(folder, 48, 16)
    before = len(pickle.dumps(given))
    given.frames(1, range(30), *EVERYTHING)
    assert len(pickle.dumps(given)) == before < 2000
