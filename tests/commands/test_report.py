import csv
import json

import numpy as np
import pytest

from labelct.commands import arms, report, tables
from labelct.errors import InputError, LabelctError, SettingError

REFERENCE = np.linspace(0.88, 0.97, 12)


def write_job(folder, dice, choices=None, seed=0, key=None, overrides=(), test="ts", state="finished"):
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(json.dumps([choices, seed, list(overrides)]), encoding="utf-8")
    (folder / "status.json").write_text(json.dumps({"state": state}), encoding="utf-8")
    rows = [
        {
            "test": test,
            "case": f"c{index:02}",
            "label": "liver",
            "dice": value,
            "surface_dice": value,
            "hd95": 4.0 if value else None,
            "volume_error_ml": 0.0,
            "volume_error": 0.0,
            "absent": "",
        }
        for index, value in enumerate(dice)
    ]
    arm = {"cohort": "phantom", "data": "synth3", "dose": "full"} | (choices or {}) | {"seed": str(seed)}
    record = {"arm": arm, "overrides": list(overrides), "keys": [["cohort", "aa"], ["scores", key or folder.name]]}
    (folder / "scores.json").write_text(json.dumps({**record, "rows": rows, "summary": {}}), encoding="utf-8")


def read(out):
    with (out / "report.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def sweep(tmp_path):
    folder = tmp_path / "sweep"
    write_job(folder / "0", REFERENCE, {"data": "clinical"})
    write_job(folder / "1", REFERENCE - 0.03 - 0.001 * np.arange(12), {"data": "synth1"}, seed=0)
    write_job(folder / "2", REFERENCE - 0.05 - 0.001 * np.arange(12), {"data": "synth1"}, seed=1)
    write_job(folder / "3", [*REFERENCE[:-1] + 0.001, 0.0], {"data": "synth3"})
    return folder


def test_the_report_gathers_arms_and_pools_seeds(sweep, capsys):
    assert report.main([str(sweep)]) == 0
    rows = read(sweep / "report")
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


def test_every_form_holds_the_same_line(sweep):
    report.main([str(sweep), "-o", str(sweep / "out")])
    markdown = (sweep / "out" / "report.md").read_text(encoding="utf-8")
    latex = (sweep / "out" / "report.tex").read_text(encoding="utf-8")
    (line,) = [line for line in markdown.splitlines() if line.startswith("| synth1 ")]
    assert "0.880 ±" in line
    assert [row.count("&") for row in latex.splitlines() if row.endswith(r"\\")] == [line.count("|") - 2] * 4
    assert latex.startswith(r"\begin{tabular}{lll")
    assert r"\toprule" in latex
    assert "±" not in latex
    for picture in ("dice.png", "surface_dice.png", "hd95.png"):
        assert (sweep / "out" / picture).read_bytes().startswith(b"\x89PNG")


def test_the_same_scores_count_once(sweep, capsys):
    write_job(sweep / "again", REFERENCE, {"data": "clinical"}, key="0")
    report.main([str(sweep), str(sweep / "1")])
    assert [row["runs"] for row in read(sweep / "report")] == ["1", "2", "1"]
    assert "1 of 5 jobs repeat" in capsys.readouterr().out


def test_by_merges_the_choices_left_out(sweep, capsys):
    write_job(sweep / "4", REFERENCE, {"data": "synth1", "dose": "low"})
    report.main([str(sweep)])
    assert [(row["data"], row["dose"]) for row in read(sweep / "report")][-1] == ("synth1", "low")
    report.main([str(sweep), "--by", "data"])
    assert [row["runs"] for row in read(sweep / "report")] == ["1", "3", "1"]
    assert "other settings are pooled in data=synth1: --by" in capsys.readouterr().out


def test_what_was_typed_tells_arms_apart(tmp_path):
    for lr in ("0.1", "0.2"):
        write_job(tmp_path / lr, REFERENCE, overrides=[f"trainer.lr={lr}", "paths.outputs=/x" + lr, "hydra/launcher=a"])
    report.main([str(tmp_path)])
    assert [row["trainer.lr"] for row in read(tmp_path / "report")] == ["0.1", "0.2"]


def test_one_arm_alone_has_no_comparison(tmp_path, capsys):
    write_job(tmp_path / "run", REFERENCE)
    report.main([str(tmp_path)])
    assert "p (Holm)" not in capsys.readouterr().out
    assert read(tmp_path / "report")[0]["data"] == "synth3"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("synth1", "data=synth1, dose=low"),
        ("clinical, low", "data=clinical, dose=low"),
        ("data=clinical,dose=full", "data=clinical, dose=full"),
        (None, "data=clinical, dose=full"),
    ],
)
def test_a_reference_is_named_by_its_choices(wanted, expected):
    names = ["data=clinical, dose=full", "data=clinical, dose=low", "data=synth1, dose=low"]
    assert arms.reference_arm(wanted, names) == expected


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
        write_job(sweep / name, REFERENCE, choices)
        (sweep / name / "scores.json").unlink()
        (sweep / name / "status.json").write_text('{"state": "failed", "reason": "disk full"}', encoding="utf-8")
    report.main([str(sweep)])
    printed = capsys.readouterr().out
    assert f"{(sweep / 'broken').resolve()}: disk full" in printed
    assert "mended" not in printed
    assert "disk full" in (sweep / "report" / "report.md").read_text(encoding="utf-8")


def test_scores_of_stages_are_no_jobs(sweep):
    stage = sweep / "stages" / "scores" / "0a1b"
    stage.mkdir(parents=True)
    (stage / "scores.json").write_text("[]", encoding="utf-8")
    assert len(arms.gather([sweep])[0]) == 4


def test_a_folder_without_scores_is_one_line(tmp_path):
    with pytest.raises(InputError, match="no scores in it") as caught:
        report.main([str(tmp_path)])
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="no such folder"):
        report.main([str(tmp_path / "nowhere")])


@pytest.mark.parametrize(
    "text", ['{"arm": {"data": "synth3"', '{"arm": {"data": "synth3"}}', '{"arm": {}, "rows": [1]}']
)
def test_a_damaged_file_is_named(tmp_path, text):
    (tmp_path / "scores.json").write_text(text, encoding="utf-8")
    with pytest.raises(LabelctError, match=r"scores\.json"):
        report.main([str(tmp_path)])


def test_other_test_cohorts_are_compared_on_their_own(tmp_path):
    for arm in ("clinical", "synth3"):
        for test in ("ts", "btcv"):
            write_job(
                tmp_path / arm / test, REFERENCE - 0.01 * (arm == "synth3"), {"data": arm}, test=test, key=arm + test
            )
    report.main([str(tmp_path)])
    assert [(row["test"], row["data"]) for row in read(tmp_path / "report")] == [
        ("btcv", "clinical"),
        ("btcv", "synth3"),
        ("ts", "clinical"),
        ("ts", "synth3"),
    ]


def test_a_narrow_terminal_loses_the_least_important_columns_and_no_digits():
    header = ["data", "test", "label", "n", "Dice", "95 % CI", "surface Dice", "HD95 mm", "absent", "effect r"]
    line = ["synth3", "ts", "liver", "17", "0.931 ± 0.020", "0.920 – 0.940", "0.931 ± 0.020", "4.0 ± 1.0", "0", "+0.5"]
    assert tables.fitting(header, [line], 200) == (header, [line])
    narrow, (short,) = tables.fitting(header, [line], 80)
    assert narrow == [name for name in header if name not in ("effect r", "surface Dice", "test")]
    assert short[:3] == ["synth3", "liver", "17"]


def test_jobs_come_in_the_order_of_the_sweep(tmp_path):
    for number, dose in enumerate("abcdefghijkl"):
        write_job(tmp_path / str(number), REFERENCE, {"dose": dose})
    assert [job.choices["dose"] for job in arms.gather([tmp_path])[0]] == list("abcdefghijkl")


def test_a_failed_job_done_later_elsewhere_is_not_listed(tmp_path):
    for number, workers in enumerate((1, 2)):
        write_job(tmp_path / str(number), REFERENCE)
        config = {"seed": 0, "parallel": {"workers": workers}}
        (tmp_path / str(number) / "config.yaml").write_text(json.dumps(config), encoding="utf-8")
    (tmp_path / "0" / "scores.json").unlink()
    assert arms.gather([tmp_path])[1] == []
