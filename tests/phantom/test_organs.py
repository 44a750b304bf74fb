from __future__ import annotations

import numpy as np
import pytest

from labelct.phantom import organs
from labelct.phantom.shapes import Canvas


@pytest.fixture
def canvas() -> Canvas:
    axes = [np.arange(-140.0, 140.0, 3.0), np.arange(-60.0, 60.0, 3.0), np.arange(-60.0, 140.0, 3.0)]
    return Canvas(axes, np.zeros((*map(len, axes), 3), dtype=np.float32), ("organ",))


def test_a_pose_moves_and_scales_a_path_about_its_centroid() -> None:
    path = np.array([[0.0, 0, 0, 5], [20, 0, 0, 5], [40, 0, 0, 5]])
    there = organs.moved(path, [1.0, 2.0, 3.0, 1.5])
    assert there[0] == pytest.approx([20 - 30 + 1, 2, 3, 7.5])
    assert there[-1] == pytest.approx([20 + 30 + 1, 2, 3, 7.5])


def test_kidneys_of_both_sides_mirror_each_other(canvas: Canvas) -> None:
    volumes, centres = [], []
    for side in (-1, 1):
        shape = organs.kidney(canvas, (75.0 * side, 0, 40), side, [0.0, 0.0, 0.0, 1.0])
        inside = np.argwhere(shape.distance < 0)
        volumes.append(len(inside))
        offset = np.array([part.start for part in shape.box])
        centres.append(canvas.axes[0][np.rint(inside.mean(axis=0) + offset).astype(int)[0]])
    assert volumes[0] == pytest.approx(volumes[1], rel=0.03)
    assert centres[0] == pytest.approx(-centres[1], abs=6)


def test_haustra_swell_and_narrow_and_stay_in_place() -> None:
    path = np.column_stack([np.arange(60.0), np.zeros((60, 2)), np.full(60, 20.0)])
    waved = organs.haustra(path)
    assert np.array_equal(waved[:, :3], path[:, :3])
    assert 17 < waved[:, 3].min() < 18 < 22 < waved[:, 3].max() < 23


def test_bowels_differ_between_patients_and_repeat_with_the_seed() -> None:
    for sample in (organs.sample_coil, organs.sample_colon):
        first, again, other = (sample(np.random.default_rng(seed)) for seed in (0, 0, 1))
        assert first == again != other
        assert min(row[3] for row in first) > 5
