"""The whole chain as a user runs it: two jobs of a sweep, their scores, the report, a second run, bad input."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from labelct import pipeline
from labelct.errors import InputError
from labelct.store import build, recipe_of
from labelct.writing import write_text

pytestmark = pytest.mark.ci

SMOKE = ["debug=smoke", "data=synth3"]


def labelct(*arguments, folder, module="labelct.run"):
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=540)


@pytest.fixture(scope="module")
def sweep(first_job):
    """Return the folder of a sweep beside a first job that is its own first one, its jobs, and what it printed."""
    folder, _ = first_job
    done = labelct(*SMOKE, "-m", "dose=low,full", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, sorted(path.parent for path in folder.glob("outputs/sweeps/*/*/*/status.json")), done.stdout


def test_each_job_leaves_its_scores_configuration_and_figures(sweep):
    folder, jobs, _ = sweep
    assert len(jobs) == 2
    for job in (*jobs, *(path.parent for path in folder.glob("outputs/runs/*/*/scores.csv"))):
        assert json.loads((job / "status.json").read_text())["state"] == "finished"
        rows = list(csv.DictReader((job / "scores.csv").read_text(encoding="utf-8").splitlines()))
        assert [(row["test"], row["case"], row["label"]) for row in rows] == [("own", "test_000", "liver")]
        assert {"config.yaml", "curves.csv", "labelct.log"} <= {path.name for path in job.iterdir()}
        assert {"montage.png", "dice.png", "overlay_own_test_000.png"} == {p.name for p in (job / "figures").iterdir()}


def test_doses_share_cohort_and_clean_volumes_only(sweep):
    low, full = (dict(json.loads((job / "scores.json").read_text())["keys"]) for job in sweep[1])
    assert {stage for stage in low if low[stage] == full[stage]} == {"cohort", "synthesis"}


def test_report_gathers_the_sweep_in_one_table(sweep):
    folder = sweep[0]
    done = labelct("report", "outputs", folder=folder, module="labelct")
    assert done.returncode == 0, done.stderr
    assert "low" in done.stdout
    assert "full" in done.stdout
    assert list(folder.rglob("report.md"))


def test_a_job_that_was_run_before_makes_nothing_again(first_job, sweep):
    folder, (again, other), told = sweep
    first = next(folder.glob("outputs/runs/*/*/scores.csv")).parent
    keys = [dict(json.loads((job / "scores.json").read_text())["keys"]) for job in (first, again, other)]
    assert keys[0] == keys[1]
    made = {(path.parent.name, path.name) for path in folder.glob("outputs/stages/*/*") if path.is_dir()}
    assert made >= {*keys[1].items(), *keys[2].items()}
    assert (first / "scores.csv").read_text() == (again / "scores.csv").read_text()
    assert [text.count("step 4: validation Dice") for text in (first_job[1], told)] == [1, 1]


def test_a_cascade_is_trained_scored_exported_and_segments(first_job):
    folder, _ = first_job
    cascade = ["targets=[liver,spleen]", "trainer=unet", "trainer.cascade.targets=[liver]", "hydra.run.dir=cascade"]
    done = labelct(*SMOKE, *cascade, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("step 4: validation Dice") == 2
    assert "val/fine_dice_liver" in (folder / "cascade/curves.csv").read_text()
    exported = labelct("export", "cascade", "-o", "moved", folder=folder, module="labelct")
    assert exported.returncode == 0, exported.stderr
    assert (folder / "moved/fine/best.ckpt").is_file()
    refused = labelct("export", "cascade", "-o", "bundle", "--format", "monai", folder=folder, module="labelct")
    assert (refused.returncode != 0, refused.stderr.count("\n")) == (True, 1)
    assert "is a cascade of two networks" in refused.stderr
    assert not (folder / "bundle").exists()
    image = next(folder.glob("outputs/stages/cohort/*/ct/*.nii.gz"))
    for model, output in (("cascade", "one"), ("moved", "other")):
        done = labelct("segment", str(image), "-o", output, "--model", model, folder=folder, module="labelct")
        assert done.returncode == 0, done.stderr


def test_without_a_test_a_second_run_trains_nothing_and_its_model_segments(sweep):
    """Stages are those of the sweep: what a test is, no training reads."""
    folder, jobs, _ = sweep
    trained = {dict(json.loads((job / "scores.json").read_text())["keys"])["training"] for job in jobs}
    done = labelct(*SMOKE, "dose=full", "test=none", "hydra.run.dir=untested", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    job = folder / "untested"
    assert dict(json.loads((job / "scores.json").read_text())["keys"])["training"] in trained
    assert json.loads((job / "status.json").read_text()) == {"state": "finished", "dice": None}
    assert "labelct segment my_ct.nii.gz -o out --model untested" in done.stdout
    told = labelct("report", str(job), folder=folder, module="labelct")
    assert (told.returncode, told.stderr.count("\n")) == (1, 1)
    assert "nothing to compare" in told.stderr


def test_a_dry_run_knows_what_is_there(sweep):
    folder, jobs, _ = sweep
    before = sorted(folder.rglob("*"))
    done = labelct(*SMOKE, "dose=full", "dry_run=true", folder=folder)
    assert done.returncode == 0, done.stderr
    assert sorted(folder.rglob("*")) == before
    keys = [key for _, key in json.loads((jobs[1] / "scores.json").read_text())["keys"]]
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("  ")]
    assert {line[1] for line in lines if line[2] == "reused"} >= set(keys)
    assert {line[2] for line in lines} == {"reused"}
    assert "all of it is there" in done.stdout


def test_the_log_says_what_was_made_and_how_far_it_was(sweep):
    folder, jobs, _ = sweep
    first, again = (next(place.glob("labelct.log")) for place in (*folder.glob("outputs/runs/*/*"), jobs[0]))
    keys = dict(json.loads((jobs[0] / "scores.json").read_text())["keys"])
    assert f"made synthesis {keys['synthesis']} in " in first.read_text(encoding="utf-8")
    assert f"reused training {keys['training']}" in again.read_text(encoding="utf-8")
    assert "training: 4/4" in first.read_text(encoding="utf-8")
    assert "labelct store clean --projections" in first.read_text(encoding="utf-8")


def test_bad_input_is_one_line_and_no_traceback(tmp_path):
    done = labelct("targets=[livre]", "debug=smoke", folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "no structure 'livre'; did you mean 'liver'" in done.stderr
    assert not list(tmp_path.iterdir())


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


@pytest.mark.ci
def test_what_is_cleaned_up_takes_nothing_from_a_job_that_is_kept(sweep):
    folder, (_, full), _ = sweep
    unused = build(folder / "outputs" / "stages", recipe_of("cohort", 0, {}), lambda made: write_text(made / "a", "a"))
    done = labelct("store", "clean", "--unused", "--projections", "--yes", folder=folder, module="labelct")
    assert done.returncode == 0, done.stderr
    left = {path for path in folder.glob("outputs/stages/*/*") if path.is_dir()}
    kept = dict(json.loads((full / "scores.json").read_text())["keys"])
    assert {path.name for path in left} >= set(kept.values())
    assert unused.folder not in left
    assert "projections" not in {path.parent.name for path in left}
    ct = next(folder.glob("outputs/stages/cohort/*/ct/test_000.nii.gz"))
    for verb in (
        ["replay", f"outputs/stages/dataset/{kept['dataset']}", "1", "-o", "replayed"],
        ["segment", str(ct), "-o", "segmented", "--model", str(full)],
        ["report", "outputs", "-o", "reported"],
        ["store", "verify"],
    ):
        done = labelct(*verb, folder=folder, module="labelct")
        assert done.returncode == 0, done.stderr
    before = sorted(folder.glob("outputs/stages/*/*"))
    done = labelct(*SMOKE, "dose=full", folder=folder)
    assert done.returncode == 0, done.stderr
    assert sorted(folder.glob("outputs/stages/*/*")) == before
