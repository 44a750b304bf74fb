"""The whole chain as a user runs it: two jobs of a sweep, their scores, the report, a second run, bad input."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from labelct import pipeline
from labelct.errors import InputError

SMOKE = ["debug=smoke", "data=synth3"]


def labelct(*arguments, folder, module="labelct.run"):
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=300)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep")
    done = labelct(*SMOKE, "-m", "dose=low,full", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, sorted(path.parent for path in folder.rglob("status.json"))


def test_each_job_leaves_its_scores_configuration_and_figures(sweep):
    _, jobs = sweep
    assert len(jobs) == 2
    for job in jobs:
        assert json.loads((job / "status.json").read_text())["state"] == "finished"
        rows = list(csv.DictReader((job / "scores.csv").read_text(encoding="utf-8").splitlines()))
        assert [(row["test"], row["case"], row["label"]) for row in rows] == [("own", "test_000", "liver")]
        assert {"config.yaml", "curves.csv", "labelct.log"} <= {path.name for path in job.iterdir()}
        assert {"montage.png", "dice.png", "overlay_own_test_000.png"} == {p.name for p in (job / "figures").iterdir()}


def test_doses_share_cohort_and_clean_volumes_only(sweep):
    low, full = (dict(json.loads((job / "scores.json").read_text())["keys"]) for job in sweep[1])
    assert {stage for stage in low if low[stage] == full[stage]} == {"cohort", "synthesis"}


def test_report_gathers_the_sweep_in_one_table(sweep):
    folder, _ = sweep
    done = labelct("report", "outputs", folder=folder, module="labelct")
    assert done.returncode == 0, done.stderr
    assert "low" in done.stdout
    assert "full" in done.stdout
    assert list(folder.rglob("report.md"))


def test_a_second_run_trains_nothing_again(sweep):
    folder, jobs = sweep
    before = sorted(path.name for path in folder.glob("outputs/stages/*/*") if path.is_dir())
    done = labelct(*SMOKE, "dose=full", folder=folder)
    assert done.returncode == 0, done.stderr
    assert before == sorted(path.name for path in folder.glob("outputs/stages/*/*") if path.is_dir())
    assert "\ntraining" not in done.stdout  # the bar; the log names training cases
    newest = max(folder.glob("outputs/runs/*/*/scores.csv"))
    assert newest.read_text() == (jobs[1] / "scores.csv").read_text()


def test_the_trained_network_segments_other_files(sweep):
    folder, jobs = sweep
    ct = next(folder.glob("outputs/stages/cohort/*/ct/test_000.nii.gz"))
    arguments = ["segment", str(ct), "-o", "masks", "--model", str(jobs[0])]
    done = labelct(*arguments, folder=folder, module="labelct")
    assert done.returncode == 0, done.stderr
    from labelct.io import nifti

    key = dict(json.loads((jobs[0] / "scores.json").read_text())["keys"])["segmentation"]
    expected = nifti.read_label_map(folder / "outputs" / "stages" / "segmentation" / key / "test_000.nii.gz").array
    found = nifti.read_label_map(folder / "masks" / "test_000.nii.gz").array
    assert json.loads((folder / "masks" / "labels.json").read_text()) == {"liver": 1}
    assert found.shape == expected.shape
    assert not (found.astype(bool) & ~expected.astype(bool)).any()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["dose=lwo"], ["dose=lwo", "did you mean 'low'"]),
        (["cohort=folder", "cohort.root=nowhere"], ["nowhere", "no such folder"]),
        (["texture=video", "texture.root=nowhere", "debug=smoke"], ["nowhere"]),
        (["targets=[livre]", "debug=smoke"], ["livre", "did you mean 'liver'"]),
    ],
)
def test_bad_input_is_one_line_and_no_traceback(sweep, arguments, words):
    done = labelct(*arguments, folder=sweep[0])
    told = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 1
    assert "Traceback" not in told
    for word in words:
        assert word in told


def test_configuration_and_help_work_from_any_folder(tmp_path):
    shown = labelct("data=synth1", "--cfg", "job", folder=tmp_path)
    assert shown.returncode == 0
    assert "kind: synth1" in shown.stdout
    told = labelct("--help", folder=tmp_path)
    assert told.returncode == 0
    assert "synth3" in told.stdout
    assert not list(Path(tmp_path).iterdir())


def test_a_card_that_cannot_be_used_is_said_before_any_work(configured, tmp_path, monkeypatch):
    monkeypatch.setattr("labelct.trainer.device.why_not", lambda number=0: "no card is there")
    config = configured("device=gpu", "debug=smoke", f"paths.outputs={tmp_path / 'outputs'}")
    with pytest.raises(InputError, match=r"^device=gpu: no card is there; set device=cpu"):
        pipeline.run(config, tmp_path, {})
    assert not (tmp_path / "outputs").exists()
