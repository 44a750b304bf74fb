"""`labelct report`: arguments in, a printed table and files out."""

import pytest

from labelct.commands import report
from labelct.errors import SettingError
from tests.report.runs import REFERENCE, coarse_pictures, read_table, write_doses, write_run, write_sweep


@pytest.fixture(autouse=True)
def coarse(monkeypatch):
    coarse_pictures(monkeypatch)


@pytest.fixture
def sweep(tmp_path):
    return write_sweep(tmp_path)


@pytest.fixture
def doses(tmp_path):
    return write_doses(tmp_path)


def test_the_report_gathers_arms_and_pools_seeds(sweep, capsys):
    assert report.main([str(sweep)]) == 0
    rows = read_table(sweep / "report")
    assert [(row["data"], row["n"], row["runs"]) for row in rows] == [
        ("clinical", "12", "1"),
        ("synth1", "12", "2"),
        ("synth3", "12", "1"),
    ]
    assert float(rows[1]["dice"]) == pytest.approx(REFERENCE.mean() - 0.04 - 0.0055)
    assert float(rows[1]["p_holm"]) == pytest.approx(2 * float(rows[1]["p"]))
    assert rows[0]["p"] == ""
    assert rows[2]["missed"] == "1"
    printed = capsys.readouterr().out
    assert "clinical" in printed
    assert "reference" in printed


def test_the_same_scores_count_once(sweep, capsys):
    write_run(sweep / "again", REFERENCE, {"data": "clinical"}, key="0")
    report.main([str(sweep), str(sweep / "1")])
    assert [row["runs"] for row in read_table(sweep / "report")] == ["1", "2", "1"]
    assert "1 of 5 jobs repeat" in capsys.readouterr().out


def test_by_merges_the_choices_left_out(sweep, capsys):
    write_run(sweep / "4", REFERENCE, {"data": "synth1", "dose": "low"})
    report.main([str(sweep)])
    assert [(row["data"], row["dose"]) for row in read_table(sweep / "report")][-1] == ("synth1", "low")
    report.main([str(sweep), "--by", "data"])
    assert [row["runs"] for row in read_table(sweep / "report")] == ["1", "3", "1"]
    assert "other settings are pooled in data=synth1: --by" in capsys.readouterr().out


def test_what_was_typed_tells_arms_apart(tmp_path):
    for lr in ("0.1", "0.2"):
        write_run(tmp_path / lr, REFERENCE, overrides=[f"trainer.lr={lr}", "paths.outputs=/x" + lr, "hydra/launcher=a"])
    report.main([str(tmp_path)])
    assert [row["trainer.lr"] for row in read_table(tmp_path / "report")] == ["0.1", "0.2"]


def test_one_arm_alone_has_no_comparison(tmp_path, capsys):
    write_run(tmp_path / "run", REFERENCE)
    report.main([str(tmp_path)])
    assert "p (Holm)" not in capsys.readouterr().out
    assert read_table(tmp_path / "report")[0]["data"] == "synth3"


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("--reference", "clinicl", "did you mean 'clinical'"),
        ("--reference", "seg", "allowed is one of data=clinical | data=synth1"),
        ("--by", "dta", "did you mean 'data'"),
    ],
)
def test_an_argument_that_fits_no_run_is_refused(sweep, argument, value, message):
    with pytest.raises(SettingError, match=value) as caught:
        report.main([str(sweep), argument, value])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_failed_jobs_are_listed_unless_done_later(sweep, capsys):
    for name, choices in (("broken", {"data": "synth2"}), ("mended", {"data": "clinical"})):
        write_run(sweep / name, REFERENCE, choices)
        (sweep / name / "scores.json").unlink()
        (sweep / name / "status.json").write_text('{"state": "failed", "reason": "disk full"}', encoding="utf-8")
    report.main([str(sweep)])
    printed = capsys.readouterr().out
    assert f"{(sweep / 'broken').resolve()}: disk full" in printed
    assert "mended" not in printed
    assert "disk full" in (sweep / "report" / "report.md").read_text(encoding="utf-8")


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
