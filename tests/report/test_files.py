import pytest

from labelct.report import document, files
from tests.report.runs import PNG, read_table


def test_every_form_holds_the_same_line(sweep, tmp_path):
    pictures = files.write(document.gather([sweep]), tmp_path)
    markdown = (tmp_path / "report.md").read_text(encoding="utf-8")
    latex = (tmp_path / "report.tex").read_text(encoding="utf-8")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    (line,) = [line for line in markdown.splitlines() if line.startswith("| synth1 ")]
    assert "0.880 ±" in line
    assert "0.880 ±" in page
    assert [row.count("&") for row in latex.splitlines() if row.endswith(r"\\")] == [line.count("|") - 2] * 4
    assert float(read_table(tmp_path)[1]["dice"]) == pytest.approx(0.8795)
    assert [path.name for path in pictures.values()] == ["dice.png", "surface_dice.png", "hd95.png"]
    assert all(path.read_bytes().startswith(PNG) for path in pictures.values())


def test_a_quantity_has_a_curve(doses, tmp_path):
    pictures = files.write(document.gather([doses]), tmp_path, forms=["png"])
    assert (tmp_path / "curve_dose.png").read_bytes().startswith(PNG)
    assert any("Dice against tube load" in caption for caption in pictures)


@pytest.mark.ci
def test_the_report_is_mirrored_to_wandb_without_a_key(doses, tmp_path, monkeypatch):
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    report = document.gather([doses])
    files.mirror(report, files.write(report, tmp_path, forms=["png"]), tmp_path, "trial")
    assert list((tmp_path / "wandb").glob("offline-run-*/run-*.wandb"))
