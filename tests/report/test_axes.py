import pytest

from labelct.report import arms, axes
from labelct.report.document import summarised
from labelct.report.settings import StatisticsSettings
from tests.report.runs import REFERENCE


def test_an_arm_stands_at_its_number_and_the_noise_free_one_apart(doses):
    runs, _ = arms.gather([doses])
    (axis,) = axes.axes_of(runs, ["data", "dose"])
    scores, _ = arms.pool(runs, ["data", "dose"])
    results = summarised(scores, ["data", "dose"], None, StatisticsSettings(resamples=100))
    lines = axes.lines(axis, runs, ["data", "dose"], results)
    assert list(lines) == ["synth1", "synth3"]
    assert [(point.x, point.name) for point in lines["synth1"]] == [
        (24.75, "24.75"),
        (165.0, "165"),
        (None, "no noise"),
    ]
    assert lines["synth1"][0].mean == pytest.approx(REFERENCE.mean())
    assert lines["synth1"][0].low < lines["synth1"][0].mean < lines["synth1"][0].high


def test_a_choice_without_numbers_has_no_curve(doses):
    runs, _ = arms.gather([doses])
    assert axes.axes_of(runs, ["data"]) == []
