import numpy as np

from labelct.report.curves import Point, curve
from tests.report.runs import PNG


def test_a_curve_is_drawn_with_and_without_intervals(tmp_path):
    points = [Point(1, "1", 0.5, 0.4, 0.6), Point(64, "64", 0.9, np.nan, np.nan), Point(None, "all", 0.95, 0.9, 1.0)]
    curve({"synth3": points, "clinical": points[:1]}, tmp_path / "curve.png", "label maps", logarithmic=True)
    assert (tmp_path / "curve.png").read_bytes().startswith(PNG)


def test_a_point_without_a_mean_leaves_the_picture_as_it_is(tmp_path):
    points = [Point(1, "1", 0.5, 0.4, 0.6), Point(64, "64", 0.9, 0.8, 1.0)]
    curve({"synth3": points}, tmp_path / "a.png", "label maps")
    curve({"synth3": [*points, Point(64, "64", np.nan, np.nan, np.nan)]}, tmp_path / "b.png", "label maps")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
