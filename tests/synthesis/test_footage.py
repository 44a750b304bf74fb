from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from labelct.synthesis.bank import Cut
from labelct.synthesis.footage import Footage, window
from labelct.synthesis.greys import axis_tables
from labelct.synthesis.kernels.arrays.parts import read_greys
from labelct.synthesis.texture import Settings, sample_clip
from tests.synthesis.cases import threads


class Ramps:
    """Clips whose greys tell where a pixel lies: 40 per frame, or 1 per row or column."""

    digest = "ramps"

    def __init__(self, along: int = 0, shapes: tuple[tuple[int, int, int], ...] = ((6, 90, 120), (40, 64, 48))) -> None:
        self.along, self.shapes, self.decoded = along, shapes, 0

    def frames(self, clip: int, numbers: Sequence[int], rows: slice, columns: slice) -> NDArray[np.uint8]:
        places = np.meshgrid(
            40 * np.asarray(numbers), np.arange(rows.start, rows.stop), np.arange(columns.start, columns.stop),
            indexing="ij",
        )  # fmt: skip
        assert min(numbers) >= 0
        assert max(numbers) < self.shapes[clip][0]
        assert (rows.start >= 0, columns.start >= 0) == (True, True)
        assert (rows.stop <= self.shapes[clip][1], columns.stop <= self.shapes[clip][2]) == (True, True)
        self.decoded += places[0].size
        return places[self.along].astype(np.uint8)


BOX = np.array([3, 4, 5, 33, 24, 20])  # 30 x 20 x 15 voxels
SHAPE = (40, 30, 25)


def params(**given: Any) -> dict[str, Any]:
    return {"clip": 0, "axes": [2, 1, 0], "start": [2.0, 0.5, 0.25], "step": [1.0, 1.0, 1.0]} | given


def painted(cut: Cut) -> NDArray[np.uint8]:
    """Return the greys of part 1, whose box is `BOX`."""
    parts = np.zeros(SHAPE, np.uint16)
    parts[tuple(slice(a, b) for a, b in zip(BOX[:3], BOX[3:], strict=True))] = 1
    found = axis_tables(cut.clips[1], cut.bank, BOX[:3], SHAPE)
    tables = tuple(tuple(np.stack([np.zeros_like(rows[axis]), rows[axis]]) for rows in found) for axis in range(3))
    source = np.array([0, 1], np.uint8)
    greys, _ = read_greys(parts, source, cut.bank.pixels, tables, np.zeros(2, np.uint64))
    return greys[parts == 1].reshape(30, 20, 15)


def cut(reader: Ramps, **given: Any) -> NDArray[np.uint8]:
    boxes = np.stack([np.zeros(6, np.int64), BOX])
    return painted(Footage(reader).cut({1: params(**given)}, boxes))


def test_time_runs_along_z_and_is_continued_by_reflection() -> None:
    greys = cut(Ramps())
    assert np.ptp(greys, axis=(0, 1)).max() == 0
    assert greys[0, 0].tolist() == [40 * t for t in [2, 3, 4, 5, 4, 3, 2, 1, 0, 1, 2, 3, 4, 5, 4]]
    backwards = cut(Ramps(), step=[-2.0, 1.0, 1.0])
    assert backwards[0, 0, :6].tolist() == [40 * t for t in [2, 0, 2, 4, 4, 2]]


@pytest.mark.parametrize(("along", "axis", "room"), [(1, 1, 89 - 19), (2, 0, 119 - 29)])
def test_a_crop_is_as_large_as_the_section_and_lies_where_its_share_says(along: int, axis: int, room: int) -> None:
    greys = np.moveaxis(cut(Ramps(along), start=[0.0, 0.5, 0.5]), axis, 0)[:, 0, 0].astype(int)
    assert np.all(np.diff(greys) == 1), "nothing repeats or reflects"
    assert greys[0] == pytest.approx(room / 2, abs=0.5)
    flipped = np.moveaxis(cut(Ramps(along), start=[0.0, 0.5, 0.5], step=[1.0, -1.0, -1.0]), axis, 0)[:, 0, 0]
    assert flipped.tolist() == greys[::-1].tolist()


def test_only_what_is_painted_is_decoded() -> None:
    reader = Ramps()
    cut(reader)
    assert reader.decoded <= 15 * 21 * 31
    assert Footage(reader).cut({1: params()}, np.stack([np.zeros(6, np.int64), [1 << 40] * 3 + [0] * 3])).clips == {}


def test_a_frame_smaller_than_the_section_is_enlarged_alike_in_both_directions() -> None:
    small = ((6, 10, 90),)
    rows = cut(Ramps(1, small))[0, :, 0].astype(int)
    assert (rows[0], rows[-1]) == (0, 9)
    assert set(np.diff(rows)) <= {0, 1}
    columns = cut(Ramps(2, small), start=[0.0, 0.0, 0.0])[:, 0, 0].astype(int)
    assert columns[-1] - columns[0] == pytest.approx(29 * 9 / 19, abs=1)


@pytest.mark.parametrize("axes", [[0, 2, 1], [1, 0, 2], [2, 0, 1]])
def test_time_may_run_along_any_axis(axes: list[int]) -> None:
    greys = np.moveaxis(cut(Ramps(), axes=axes), axes.index(0), 0)
    assert np.ptp(greys.reshape(len(greys), -1), axis=1).max() == 0
    assert greys[:5, 0, 0].tolist() == [80, 120, 160, 200, 160]


def test_drawn_windows_lie_inside_their_clip() -> None:
    footage, rng = Footage(Ramps()), np.random.default_rng(0)
    seen = set()
    for _ in range(300):
        drawn = sample_clip(footage, Settings(kind="video", direction="any", stride=3, scale=[0.5, 4.0]), rng)
        box = np.concatenate([np.zeros(3, int), rng.integers(1, 200, 3)])
        _, numbers, rows, columns, local = window(drawn, footage.reader.shapes[drawn["clip"]], box)
        frames, height, width = footage.reader.shapes[drawn["clip"]]
        assert min(numbers) >= 0
        assert max(numbers) < frames
        assert 0 <= rows.start < rows.stop <= height
        assert 0 <= columns.start < columns.stop <= width
        assert abs(local["step"][1]) == abs(local["step"][2]) <= abs(drawn["step"][1])
        seen.add((drawn["clip"], drawn["start"][0]))
    assert {clip for clip, _ in seen} == {0, 1}
    assert {start for clip, start in seen if clip == 0} == set(range(6)), "a texture may begin with any frame"


def test_drawing_decodes_nothing() -> None:
    reader = Ramps()
    sample_clip(Footage(reader), Settings(kind="video"), np.random.default_rng(0))
    assert reader.decoded == 0


def test_threads_do_not_change_the_bits() -> None:
    clips = {part: params(clip=part % 2, start=[float(part), 0.1 * part, 0.3]) for part in range(1, 6)}
    boxes = np.stack([BOX] * 6)
    with threads(1):
        alone = Footage(Ramps(1)).cut(clips, boxes)
    with threads(3):
        several = Footage(Ramps(1)).cut(clips, boxes)
    assert np.array_equal(alone.bank.pixels, several.bank.pixels)
    assert alone.clips == several.clips
