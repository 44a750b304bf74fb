"""The report's page, curves and published values."""

import json
from html.parser import HTMLParser

import numpy as np
import pytest

from labelct.commands import arms, axes, page, published, report
from labelct.errors import InputError
from labelct.evaluation.curves import Point, curve
from tests.commands.test_report import REFERENCE, write_job

PNG = b"\x89PNG\r\n\x1a\n"


class Page(HTMLParser):
    """Collects what a page shows and what it loads."""

    def __init__(self, text):
        super().__init__()
        self.sources, self.words = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.sources += [value for name, value in attributes if name in ("src", "href")]

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture
def doses(tmp_path):
    """Return a sweep over doses of two arms, with the resolved configuration and an overlay of each job."""
    folder = tmp_path / "sweep"
    for number, (data, dose, mas) in enumerate(
        (data, *dose) for data in ("synth1", "synth3") for dose in (("low", 24.75), ("full", 165.0), ("none", None))
    ):
        job = folder / str(number)
        write_job(job, REFERENCE - 0.01 * number, {"data": data, "dose": dose})
        (job / "config.yaml").write_text(json.dumps({"dose": {"mas": mas}, "n": number}), encoding="utf-8")
        (job / "figures").mkdir()
        for case in ("c00", "c11"):
            (job / "figures" / f"overlay_ts_{case}.png").write_bytes(PNG + f"{number}{case}".encode())
    return folder


def test_the_page_needs_no_other_file(doses):
    report.main([str(doses)])
    shown = Page((doses / "report" / "report.html").read_text(encoding="utf-8"))
    assert len(shown.sources) == 4 + 6
    assert all(source.startswith("data:image/png;base64,") for source in shown.sources)
    assert "synth3" in shown.words
    assert any("Dice against tube load" in word for word in shown.words)


def test_the_worst_case_of_each_arm_is_shown(doses):
    jobs, _ = arms.gather([doses])
    worst = page.worst_overlays(jobs, ["data", "dose"])
    assert len(worst) == 6
    for caption, path in worst.items():
        assert path.name == "overlay_ts_c00.png"
        assert "c00" in caption


def test_what_is_shown_is_escaped():
    table = (["data", "n"], [["<script>", "1"]])
    text = page.render("a & b", table, ["Warning: x < y"], {}, {}, [])
    assert "<script>" not in text
    assert "a &amp; b" in text
    assert 'class="note warning"' in text


def test_an_arm_stands_at_its_number_and_the_noise_free_one_apart(doses):
    jobs, _ = arms.gather([doses])
    (axis,) = axes.axes_of(jobs, ["data", "dose"])
    rows, _ = arms.pool(jobs, ["data", "dose"])
    results = report._results(rows, ["data", "dose"], None, report.StatisticsSettings(resamples=100))
    lines = axes.lines(axis, jobs, ["data", "dose"], results)
    assert list(lines) == ["synth1", "synth3"]
    assert [(point.x, point.name) for point in lines["synth1"]] == [
        (24.75, "24.75"),
        (165.0, "165"),
        (None, "no noise"),
    ]
    assert lines["synth1"][0].mean == pytest.approx(REFERENCE.mean())
    assert lines["synth1"][0].low < lines["synth1"][0].mean < lines["synth1"][0].high


def test_a_choice_without_numbers_has_no_curve(doses):
    jobs, _ = arms.gather([doses])
    assert axes.axes_of(jobs, ["data"]) == []


def test_a_curve_is_drawn_with_and_without_intervals(tmp_path):
    points = [Point(1, "1", 0.5, 0.4, 0.6), Point(64, "64", 0.9, np.nan, np.nan), Point(None, "all", 0.95, 0.9, 1.0)]
    curve({"synth3": points, "clinical": points[:1]}, tmp_path / "curve.png", "label maps", logarithmic=True)
    assert (tmp_path / "curve.png").read_bytes().startswith(PNG)


@pytest.mark.slow
def test_published_values_stand_beside_ours(doses, capsys):
    expected = doses.parent / "expected.csv"
    lines = ("synth1,low,spleen,0.5", "synth1,low,liver,0.947", "synth3,low,liver,")
    expected.write_text("data,dose,label,dice,source\n" + "".join(f"{line},Table 9\n" for line in lines))
    report.main([str(doses), "--expected", str(expected)])
    lines = (doses / "report" / "report.md").read_text(encoding="utf-8").splitlines()
    column = next(line for line in lines if line.startswith("| data")).split(" | ").index("paper")
    cells = {tuple(line.strip("| ").split(" | ")[:2]): line.split(" | ")[column] for line in lines if "| liver" in line}
    assert cells["synth1", "low"] == "0.947"
    assert {cell for arm, cell in cells.items() if arm != ("synth1", "low")} == {"–"}
    assert "paper: Table 9." in capsys.readouterr().out


@pytest.mark.slow
def test_without_published_values_there_is_no_column(doses):
    report.main([str(doses)])
    assert "| paper |" not in (doses / "report" / "report.md").read_text(encoding="utf-8")


def test_published_values_of_other_columns_are_refused(doses):
    wrong = doses.parent / "wrong.csv"
    wrong.write_text("data,mean\nsynth1,0.9\n")
    with pytest.raises(InputError, match="lacks one of the columns"):
        published.join([], wrong)


def test_the_report_is_mirrored_to_wandb_without_a_key(doses, monkeypatch):
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    report.main([str(doses), "--wandb", "trial"])
    assert list((doses / "report" / "wandb").glob("offline-run-*/run-*.wandb"))
