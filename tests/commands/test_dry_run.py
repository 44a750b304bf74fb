"""A dry run says job by job what would be made, counts what jobs share once, and makes nothing."""

import pytest

from labelct import pipeline
from labelct.commands import dry_run
from labelct.commands.run import main
from labelct.stages.plans import Plan, PlannedStage


@pytest.fixture
def planned(monkeypatch):
    stages = [
        PlannedStage("cohort", "a" * 12, False, 5e6),
        PlannedStage("dataset", "b" * 12, True, 2e9, 120.0, "c" * 12),
        PlannedStage("training", "", True),
    ]
    monkeypatch.setattr(pipeline, "plan", lambda config, here: Plan(stages, int(1e9)))


def test_jobs_share_what_has_a_key_and_the_rest_is_said_to_be_unknown(planned, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["dose=low,full", "dry_run=true", "-m"]) == 0
    told = capsys.readouterr().out
    assert told.splitlines()[:5] == [
        "job 0: dose=low",
        f"  cohort        {'a' * 12}  reused   5.0 MB",
        f"  dataset       {'b' * 12}  make     about 2.0 GB, 2 min  (as {'c' * 12})",
        f"  training      {dry_run.UNKNOWN}  make     size not known, time not known",
        f"  {dry_run.UNKNOWN}  keys that are known when what stands above is made",
    ]
    assert f"  dataset       {'b' * 12}  reused   made by job 0" in told
    assert "in all about 2 min and what is not known, about 2.0 GB of disk; 1.0 GB are free: outputs" in told
    assert "the disk is too small" in told
    assert list(tmp_path.iterdir()) == []


def test_what_has_a_size_and_no_key_yet_counts_in_each_job_and_the_sum_says_so(monkeypatch, tmp_path, capsys):
    stages = [PlannedStage("projections", "", True, 6e8)]
    monkeypatch.setattr(pipeline, "plan", lambda config, here: Plan(stages, int(1e9)))
    monkeypatch.chdir(tmp_path)
    assert main(["dose=low,full", "dry_run=true", "-m"]) == 0
    told = capsys.readouterr().out
    assert "at most 1.2 GB of disk; 1.0 GB are free" in told
    assert "what jobs share counts in each of them as long as its key is not known" in told
    assert "the disk may be too small" in told
    assert main(["dose=low", "dry_run=true"]) == 0
    assert "about 600 MB of disk" in capsys.readouterr().out


def test_a_sweep_is_dry_as_a_whole(planned, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["dry_run=true,false", "-m"]) == 1
    assert capsys.readouterr().err == "labelct run: dry_run=true,false: give one of them, for all jobs\n"
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_run_is_refused_as_by_a_run(planned, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["dry_run=true", "targets=[lever]"]) == 1
    assert "did you mean 'liver'" in capsys.readouterr().err
