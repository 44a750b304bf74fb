from __future__ import annotations

import numpy as np
import pytest

from labelct.phantom.shapes import Canvas, cylinder, ellipsoid, rotation, smooth_path, tube, union


@pytest.fixture
def canvas() -> Canvas:
    axis = np.arange(-30.0, 30.0)
    return Canvas([axis, axis, axis], np.zeros((60, 60, 60, 3), dtype=np.float32), ("ball", "rod"))


def test_shapes_have_their_volume_and_first_painter_wins(canvas: Canvas) -> None:
    canvas.paint("ball", ellipsoid(canvas, (0.2, 0, 0), (12, 9, 7)))
    assert (canvas.labels == 1).sum() == pytest.approx(4 / 3 * np.pi * 12 * 9 * 7, rel=0.02)
    before = (canvas.labels == 1).sum()
    canvas.paint("rod", tube(canvas, np.array([[-20.0, 0, 0, 5], [20, 0, 0, 5]])))
    assert (canvas.labels == 1).sum() == before
    assert (canvas.labels == 2).any()


def test_a_cylinder_has_its_volume(canvas: Canvas) -> None:
    inside = cylinder(canvas, (0.2, 0.2, 0), (10, 8, 12)).distance < 0
    assert inside.sum() == pytest.approx(np.pi * 10 * 8 * 24, rel=0.05)


def test_a_union_holds_its_parts_and_no_more(canvas: Canvas) -> None:
    parts = [ellipsoid(canvas, (x, 0.2, 0), (8, 8, 8)) for x in (-6.0, 6.0)]
    canvas.paint("rod", union(canvas, parts))
    joined = canvas.labels == 2
    canvas.labels[:] = 0
    for part in parts:
        canvas.paint("ball", part)
    assert np.array_equal(joined, canvas.labels == 1)


@pytest.mark.parametrize(("axis", "start", "end"), [("x", 1, 2), ("y", 2, 0), ("z", 0, 1)])
def test_a_right_handed_quarter_turn_moves_one_axis_to_the_next(axis: str, start: int, end: int) -> None:
    assert np.allclose(rotation(axis, 90) @ np.eye(3)[start], np.eye(3)[end])


def test_a_smooth_path_keeps_its_ends_and_its_steps() -> None:
    path = smooth_path([[0, 0, 0, 4], [30, 10, 0, 6], [60, 0, 0, 8]], step=5)
    assert path[0] == pytest.approx([0, 0, 0, 4])
    assert path[-1] == pytest.approx([60, 0, 0, 8])
    assert np.linalg.norm(np.diff(path[:, :3], axis=0), axis=1).max() < 5.5
