"""Names from files are shown in every form of a report, and never do anything there."""

import csv
import json

import pytest

from labelct.commands import report
from labelct.errors import InputError

NASTY = "<script>alert(1)</script>![x](javascript:y)|`z`[/red]$\\frac{"


def run(folder, case="s1", test="own", label=NASTY, data=NASTY):
    folder.mkdir(parents=True)
    row = {"test": test, "case": case, "label": label, "dice": 0.5, "surface_dice": 0.5, "hd95": 1.0, "absent": ""}
    row |= {"volume_error_ml": 0.0, "volume_error": 0.0, "truth_ml": 1.0, "prediction_ml": 1.0}
    record = {"arm": {"data": data}, "overrides": [], "keys": [["scores", folder.name]], "rows": [row]}
    (folder / "scores.json").write_text(json.dumps(record))
    (folder / "status.json").write_text("{}")


def test_names_are_escaped_in_every_form(tmp_path, capsys):
    run(tmp_path / "runs" / "a")
    run(tmp_path / "runs" / "b", data="=1+2")
    (tmp_path / "runs" / "c<script>`").mkdir()
    (tmp_path / "runs" / "c<script>`" / "status.json").write_text(json.dumps({"state": "failed", "reason": NASTY}))
    assert report.main([str(tmp_path / "runs"), "-o", str(tmp_path / "out")]) == 0
    for name in ("report.md", "report.html"):
        assert "<script" not in (tmp_path / "out" / name).read_text(encoding="utf-8")
    markdown = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert "[x](javascript" not in markdown
    assert r"!\[x\](javascript:y)" in markdown
    cells = [
        cell
        for line in csv.reader((tmp_path / "out" / "report.csv").read_text(encoding="utf-8").splitlines())
        for cell in line
    ]
    assert "'=1+2" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "@", "+"))]
    assert "[/red]" in "".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("what", ["test", "case"])
def test_a_name_that_leads_to_another_picture_is_refused(tmp_path, what):
    run(tmp_path / "runs" / "a", **{what: "../../secret"})
    with pytest.raises(InputError, match=f"its {what}") as error:
        report.main([str(tmp_path / "runs"), "-o", str(tmp_path / "out")])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"dice": 5}, "dice=5 cannot be"),
        ({"surface_dice": -0.1}, "surface_dice=-0.1 cannot be"),
        ({"hd95": -3}, "hd95=-3 cannot be"),
        ({"volume_error": float("inf")}, "volume_error=inf cannot be"),
        ({"label": None}, "'label' is not a text"),
        ({"label": ["liver"]}, "'label' is not a text"),
        ({"test": 5}, "'test' is not a text"),
        ({}, "is there twice"),
    ],
)
def test_scores_that_no_job_left_are_one_line(tmp_path, change, said):
    run(tmp_path / "a")
    record = json.loads((tmp_path / "a" / "scores.json").read_text())
    record["rows"] = [record["rows"][0], record["rows"][0] | change]
    (tmp_path / "a" / "scores.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match="no record of scores") as error:
        report.main([str(tmp_path), "-o", str(tmp_path / "out")])
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()
