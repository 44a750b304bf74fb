import json

import pytest

from labelct.report import document, hours, page
from labelct.report.files import write
from labelct.report.methods import Methods
from tests.report.runs import REFERENCE, lowered, write_run

SPENT = [["cohort", "aa", 36.0], ["translation", "bb", 1800.0], ["synthesis", "cc", 144.0], ["training", "dd", 720.0]]
SPENT += [["segmentation", "ee", 18.0], ["scores", "ff", 18.0]]


@pytest.fixture
def told(tmp_path):
    """Return a sweep of an arm that is translated, twice, one that is not, and one that does not tell."""
    for number, (data, seed) in enumerate((("cyclegan", 0), ("cyclegan", 1), ("synth3", 0), ("mr", 0))):
        folder = tmp_path / "sweep" / str(number)
        write_run(folder, lowered(REFERENCE, 0.01 * number), {"data": data}, seed=seed)
        record = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
        spent = [entry for entry in SPENT if data == "cyclegan" or entry[0] != "translation"]
        record |= {"seconds": [] if data == "mr" else spent}
        (folder / "scores.json").write_text(json.dumps(record), encoding="utf-8")
    return tmp_path / "sweep"


def test_an_arm_takes_the_hours_of_its_stages_and_seeds_are_averaged(told):
    rows = document.gather([told]).hours.set_index("data")
    assert list(rows.index) == ["cyclegan", "synth3"]
    assert rows.loc["cyclegan"].to_dict() == pytest.approx(
        {"translation": 0.5, "volumes": 0.05, "training": 0.2, "test": 0.01, "all": 0.76}
    )
    assert rows.loc["synth3", "all"] == pytest.approx(0.26)


def test_the_report_has_the_hours_in_every_form(told, tmp_path):
    report = document.gather([told])
    assert hours.cells(report.hours)["translation"].tolist() == ["0.50", "–"]
    write(report, tmp_path / "out", forms=["png"])
    assert "| cyclegan | 0.50 | 0.05 | 0.20 | 0.01 | 0.76 |" in (tmp_path / "out" / "report.md").read_text("utf-8")
    assert (tmp_path / "out" / "hours.csv").is_file()
    assert "<h2>Hours</h2>" in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_runs_that_do_not_tell_have_no_table(tmp_path):
    write_run(tmp_path / "a", REFERENCE)
    report = document.gather([tmp_path])
    assert report.hours.empty
    assert "Hours" not in page.render(report, {}, Methods((), ()), tmp_path)
