import json
import shutil

import pytest

from labelct.errors import LabelctError
from labelct.report import arms, curves, document
from labelct.report.methods import methods
from tests.report.runs import REFERENCE, write_run


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


def test_scores_of_stages_are_no_runs(sweep):
    stage = sweep / "stages" / "scores" / "0a1b"
    stage.mkdir(parents=True)
    (stage / "scores.json").write_text("[]", encoding="utf-8")
    assert len(arms.gather([sweep])[0]) == 4


@pytest.mark.parametrize(
    "text", ['{"arm": {"data": "synth3"', '{"arm": {"data": "synth3"}}', '{"arm": {}, "rows": [1]}']
)
def test_a_damaged_file_is_named(tmp_path, text):
    (tmp_path / "scores.json").write_text(text, encoding="utf-8")
    with pytest.raises(LabelctError, match=r"scores\.json"):
        arms.gather([tmp_path])


def test_runs_come_in_the_order_of_the_sweep(tmp_path):
    for number, dose in enumerate("abcdefghijkl"):
        write_run(tmp_path / str(number), REFERENCE, {"dose": dose})
    assert [run.choices["dose"] for run in arms.gather([tmp_path])[0]] == list("abcdefghijkl")


def test_a_failed_job_done_later_elsewhere_is_not_listed(tmp_path):
    for number, workers in enumerate((1, 2)):
        write_run(tmp_path / str(number), REFERENCE)
        config = {"seed": 0, "parallel": {"workers": workers}}
        (tmp_path / str(number) / "config.yaml").write_text(json.dumps(config), encoding="utf-8")
    (tmp_path / "0" / "scores.json").unlink()
    assert arms.gather([tmp_path])[1] == []


def test_the_same_scores_count_once_in_an_arm(sweep):
    write_run(sweep / "again", REFERENCE, {"data": "clinical"}, key="0")
    pooled, (remark, *_) = arms.pool(arms.gather([sweep])[0], ["data"])
    assert pooled.groupby("arm", sort=False)["run"].nunique().tolist() == [1, 2, 1]
    assert remark.startswith("1 of 5 jobs repeat")


def test_only_what_varies_makes_an_arm(sweep):
    runs, _ = arms.gather([sweep])
    assert arms.choices_that_vary(runs) == ["data"]
    assert arms.choices_that_vary(runs[:1]) == ["data"]
    assert runs[0].arm(["data", "dose"]) == "data=clinical, dose=full"
    assert runs[0].arm(["fill"]) == "fill=default"


def test_a_default_that_one_run_typed_is_no_other_arm(tmp_path):
    for name, steps, typed in (("0", 800, ()), ("1", 800, ("trainer.steps=800",)), ("2", 900, ("trainer.steps=900",))):
        write_run(tmp_path / name, REFERENCE, overrides=typed)
        (tmp_path / name / "config.yaml").write_text(json.dumps({"trainer": {"steps": steps}}), encoding="utf-8")
    runs, _ = arms.gather([tmp_path])
    assert [run.arm(["trainer.steps"]) for run in runs] == [f"trainer.steps={steps}" for steps in (800, 800, 900)]
    assert arms.choices_that_vary(runs[:2]) == ["data"]


def test_arms_of_the_same_scores_are_warned_of(tmp_path):
    for number, dose in enumerate(("low", "full")):
        write_run(tmp_path / str(number), REFERENCE, {"dose": dose}, key="one")
    write_run(tmp_path / "2", REFERENCE - 0.01, {"dose": "half"})
    _, remarks = arms.pool(arms.gather([tmp_path])[0], ["dose"])
    (warning,) = [remark for remark in remarks if remark.startswith("Warning")]
    assert "dose=low and dose=full are the same scores" in warning


def configured(folder, dice, seed, key):
    write_run(folder, dice, {"data": "synth3"}, seed, key)
    (folder / "config.yaml").write_text(json.dumps({"seed": seed, "device": {"kind": "cpu"}}), encoding="utf-8")


def test_a_configuration_that_was_run_twice_is_no_second_seed(tmp_path):
    configured(tmp_path / "0", REFERENCE, 0, "a")
    configured(tmp_path / "1", REFERENCE - 0.1, 0, "b")
    configured(tmp_path / "2", REFERENCE, 1, "c")
    pooled, remarks = arms.pool(arms.gather([tmp_path])[0], ["data"])
    assert list(pooled["run"].unique()) == ["b", "c"]
    assert any(remark.startswith("Warning: 1 jobs have the configuration of another one") for remark in remarks)


@pytest.mark.parametrize("name", ["scores.json", "config.yaml", None])
def test_a_job_that_goes_away_while_it_is_read_is_none_or_listed(sweep, monkeypatch, name):
    runs, gone = len(arms.gather([sweep])[0]), sorted(path.parent for path in sweep.rglob("scores.json"))[0]
    below = arms.below

    def then_deleted(folder):
        found = below(folder)
        shutil.rmtree(gone) if name is None else (gone / name).unlink(missing_ok=True)
        return found

    monkeypatch.setattr(arms, "below", then_deleted)
    found, failed = arms.gather([sweep])
    assert len(found) == runs - (name != "config.yaml")
    assert [place for place, _ in failed] == [gone] * (name == "scores.json")


def test_the_files_of_a_job_are_read_once_whatever_their_number(tmp_path, monkeypatch):
    for number in range(3):
        configured(tmp_path / str(number), REFERENCE, number, str(number))
    read = []
    monkeypatch.setattr(arms, "read_configuration", lambda run: read.append(run) or {"folder": str(run)})
    report = document.gather([tmp_path])
    methods(report)
    curves.axes_of(report.runs, ["dose"])
    assert len(read) == 3
