from __future__ import annotations

import numpy as np
import pytest

from labelct.phantom.envelope import CAVITY, WALL, Torso, outline, paint_lungs, torso
from labelct.phantom.shapes import Canvas

LOBES = tuple(f"lung_{place}" for place in (
    "upper_lobe_left", "lower_lobe_left", "upper_lobe_right", "middle_lobe_right", "lower_lobe_right"))  # fmt: skip


@pytest.fixture
def canvas() -> Canvas:
    axes = [np.arange(-200.0, 200.0, 8.0), np.arange(-160.0, 200.0, 8.0), np.arange(-200.0, 300.0, 8.0)]
    return Canvas(axes, np.zeros((*map(len, axes), 3), dtype=np.float32), LOBES)


def outlines(canvas: Canvas, fat: float = 10.0) -> Torso:
    return torso(canvas, 0.5, [fat, fat, fat], [165.0, 152.0])


def test_the_cavity_lies_in_the_wall_and_the_wall_in_the_skin(canvas: Canvas) -> None:
    body = outlines(canvas)
    cavity, wall, skin = ((distance < 0).sum() for distance in (body.cavity, body.wall, body.skin))
    assert cavity < wall < skin
    assert not ((body.cavity < -3) & (body.wall > 0)).any()


def test_fat_moves_the_skin_out_and_leaves_the_wall(canvas: Canvas) -> None:
    lean, obese = outlines(canvas, 4.0), outlines(canvas, 30.0)
    assert np.array_equal(lean.wall, obese.wall)
    assert (obese.skin < 0).sum() > 1.1 * (lean.skin < 0).sum()


def test_lungs_lie_above_the_diaphragm_each_on_its_side(canvas: Canvas) -> None:
    body = outlines(canvas)
    paint_lungs(canvas, body, 0.0)
    assert (body.diaphragm[canvas.labels > 0] > 0).all()
    for name, value in canvas.values.items():
        assert (np.sign(canvas.position[0][canvas.labels == value].mean()) > 0) == name.endswith("right")


def test_an_outline_passes_through_its_profile() -> None:
    for profile in (WALL, CAVITY):
        height, width, front, back = profile[4]
        points = outline(profile, np.array([0.0, 90.0, 180.0]), np.array([height]), 0.0)
        assert points[:, 1] == pytest.approx([back, (front + back) / 2, front])
        assert points[1, 0] == pytest.approx(width)
