import warnings
from itertools import product

import numpy as np
import pandas as pd
import pytest

from labelct.report import arms, curves, plots
from labelct.report.document import summarised
from labelct.report.settings import StatisticsSettings
from tests.report.runs import PNG, REFERENCE

AXIS = curves.Axis("limit.train", "limit.train", "label maps", logarithmic=True)
COLUMNS = ["line", "x", "tick", "dice", "dice_low", "dice_high", "panel"]


def table(*points):
    return pd.DataFrame([(*point, "")[: len(COLUMNS)] for point in points], columns=COLUMNS)


def draw(path, *points):
    plots.save(curves.curve(table(*points), AXIS), path, ["png"])
    return path.read_bytes()


def test_a_curve_is_drawn_with_and_without_intervals(tmp_path):
    one = ("synth3", 1.0, "1", 0.5, 0.4, 0.6)
    more = ("synth3", 64.0, "64", 0.9, np.nan, np.nan), ("synth3", np.nan, "all", 0.95, 0.9, 1.0)
    assert draw(tmp_path / "curve.png", one, *more, ("clinical", *one[1:])).startswith(PNG)


def test_a_point_without_a_mean_leaves_the_picture_as_it_is(tmp_path):
    points = ("synth3", 1.0, "1", 0.5, 0.4, 0.6), ("synth3", 64.0, "64", 0.9, 0.8, 1.0)
    more = ("synth3", 64.0, "64", np.nan, np.nan, np.nan)
    assert draw(tmp_path / "a.png", *points) == draw(tmp_path / "b.png", *points, more)


def test_a_test_cohort_is_a_panel_and_a_structure_has_one_colour_in_all_of_them():
    rows = [(label, x, f"{x:g}", 0.5, 0.4, 0.6, test)
            for test, label, x in product(("s9001", "slab"), ("liver", "spleen"), (1.0, 24.0))]  # fmt: skip
    figure = curves.curve(table(*rows), AXIS)
    assert [axes.get_title() for axes in figure.axes] == ["s9001", "slab"]
    colours = [{bars.get_label(): bars[0].get_color() for bars in axes.containers} for axes in figure.axes]
    assert colours[0] == colours[1]
    assert len(set(colours[0].values())) == 2
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["liver", "spleen"]


def test_beside_other_choices_each_structure_has_a_panel(doses):
    runs, _ = arms.gather([doses])
    (axis,) = curves.axes_of(runs, ["data", "dose"])
    scores, _ = arms.pool(runs, ["data", "dose"])
    both = pd.concat([scores, scores.assign(label="spleen")])
    results = summarised(both, ["data", "dose"], None, StatisticsSettings(resamples=100))
    points = curves.points(axis, runs, ["data", "dose"], results)
    assert set(points["panel"]) == {"liver", "spleen"}
    assert set(points["line"]) == {"synth1", "synth3"}
    figure = curves.curve(points, axis)
    assert [axes.get_title() for axes in figure.axes] == ["liver", "spleen"]


def test_panels_go_into_further_rows_without_empty_ones():
    rows = [("a", x, f"{x:g}", 0.5, 0.4, 0.6, f"panel {number}") for number in range(5) for x in (1.0, 24.0)]
    figure = curves.curve(table(*rows), AXIS)
    assert len(figure.axes) == 5
    assert [axes.get_xlabel() for axes in figure.axes] == ["", "", *[AXIS.text] * 3], "below each column"
    assert figure.get_figwidth() < 13
    with warnings.catch_warnings(action="error"):  # of a layout that was not applied
        figure.draw_without_rendering()


def test_the_axis_of_dice_does_not_follow_the_values():
    figure = curves.curve(table(("synth3", 1.0, "1", 0.91, 0.9, 0.92), ("synth3", 64.0, "64", 0.92, 0.9, 0.93)), AXIS)
    assert figure.axes[0].get_ylim() == pytest.approx((0.0, 1.01))


def test_what_lies_below_the_axis_is_a_triangle_at_its_end():
    rows = ("synth3", 1.0, "1", 0.5, 0.4, 0.6), ("synth3", 64.0, "64", 0.92, 0.9, 0.93)
    axes = curves.curve(table(*rows), AXIS, 0.8).axes[0]
    (triangles,) = [line for line in axes.lines if line.get_marker() == "v"]
    assert (triangles.get_xdata().tolist(), triangles.get_ydata().tolist()) == ([1.0], [0.8])
    assert axes.get_ylim()[0] == 0.8


def test_an_arm_stands_at_its_number_and_the_noise_free_one_apart(doses):
    runs, _ = arms.gather([doses])
    (axis,) = curves.axes_of(runs, ["data", "dose"])
    scores, _ = arms.pool(runs, ["data", "dose"])
    results = summarised(scores, ["data", "dose"], None, StatisticsSettings(resamples=100))
    points = curves.points(axis, runs, ["data", "dose"], results)
    assert points["line"].unique().tolist() == ["synth1", "synth3"]
    line = points[points["line"] == "synth1"]
    assert line["x"].tolist() == pytest.approx([24.75, 165.0, np.nan], nan_ok=True)
    assert line["tick"].tolist() == ["24.75", "165", "no noise"]
    assert line["dice"].iloc[0] == pytest.approx(REFERENCE.mean())


def test_a_choice_without_numbers_has_no_curve(doses):
    runs, _ = arms.gather([doses])
    assert curves.axes_of(runs, ["data"]) == []


def test_the_only_choice_is_one_line(doses):
    runs = [run for run in arms.gather([doses])[0] if run.choices["data"] == "synth1"]
    (axis,) = curves.axes_of(runs, ["dose"])
    scores, _ = arms.pool(runs, ["dose"])
    results = summarised(scores, ["dose"], None, StatisticsSettings(resamples=100))
    assert curves.points(axis, runs, ["dose"], results)["line"].unique().tolist() == ["dice"]
