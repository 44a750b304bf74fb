"""The figures of a large comparison hold what a page can; what they leave out is said, and its tables have all."""

import pandas as pd

from labelct.report import document, files, shown
from tests.report.runs import REFERENCE, write_run


def test_all_of_an_ordinary_comparison_is_shown(sweep):
    report = document.gather([sweep])
    assert report.shown.rows(report.scores).equals(report.scores)
    assert list(report.shown.runs) == list(report.runs)
    assert not [remark for remark in report.remarks if "Figures" in remark]


def test_what_a_figure_leaves_out_is_said_and_the_reference_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(shown, "MOST_ARMS", 3)
    monkeypatch.setattr(shown, "MOST_RUNS", 2)
    for number, arm in enumerate([*"abcde", "clinical"]):
        write_run(tmp_path / str(number), REFERENCE - 0.01 * number, {"data": arm}, key=arm)
    report = document.gather([tmp_path])
    assert report.shown.arms == ["data=a", "data=b", "data=clinical"]
    assert "Figures show the first of each: 3 of 6 arms; the tables have all." in report.remarks
    assert len(report.results) == 6
    files.write(report, tmp_path / "report", forms=["svg"])
    drawn = (tmp_path / "report" / "dice.svg").read_text(encoding="utf-8")
    assert "data=b" in drawn
    assert "data=c<" not in drawn


def test_labels_are_bounded_by_the_number_of_arms():
    scores = pd.DataFrame({"arm": ["a", "b"] * 800, "test": "own", "label": [str(n // 2) for n in range(1600)]})
    chosen = shown.choose(scores, [], [], None)
    assert (len(chosen.arms), len(chosen.groups)) == (2, 500)
