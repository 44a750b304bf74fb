import json
from types import SimpleNamespace

import pytest
from omegaconf import OmegaConf

from labelct.commands import job
from labelct.commands.job import STOPPED, JobFolders, failures, status_files, sweep_ended
from labelct.errors import InputError


def end(folder, monkeypatch, chain):
    """Return score and status of a job whose chain is a stub."""
    monkeypatch.setattr(job, "_chain", chain)
    score = job.run(OmegaConf.create(), folder, {}, [])
    return score, json.loads((folder / "status.json").read_text(encoding="utf-8"))


def test_a_job_that_finishes_leaves_its_dice(tmp_path, monkeypatch):
    score, status = end(tmp_path, monkeypatch, lambda *_: 0.9)
    assert (score, status) == (0.9, {"state": "finished", "dice": 0.9})


def test_bad_input_is_its_reason_and_no_traceback(tmp_path, monkeypatch):
    def chain(*_):
        raise InputError("ct.nii.gz", "is truncated", "copy it again")

    score, status = end(tmp_path, monkeypatch, chain)
    assert score is None
    assert (status["state"], status["reason"]) == ("failed", "ct.nii.gz: is truncated; copy it again")
    assert not (tmp_path / "traceback.txt").exists()


def test_a_fault_of_our_own_leaves_its_traceback(tmp_path, monkeypatch):
    score, status = end(tmp_path, monkeypatch, lambda *_: 1 / 0)
    assert score is None
    assert status["reason"] == "ZeroDivisionError: division by zero"
    assert "1 / 0" in (tmp_path / "traceback.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_who_stops_a_job_stops_it(tmp_path, monkeypatch, interrupt):
    def chain(*_):
        raise interrupt

    with pytest.raises(interrupt):
        end(tmp_path, monkeypatch, chain)


@pytest.fixture
def sweep(tmp_path):
    """Return a sweep of eleven jobs, of which job 2 failed and job 10 was stopped."""
    ends = {2: {"state": "failed", "reason": "disk full"}, 10: {"state": "running"}}
    for number in range(11):
        folder = tmp_path / str(number)
        folder.mkdir()
        status = ends.get(number, {"state": "finished", "dice": 0.9})
        (folder / "status.json").write_text(json.dumps(status), encoding="utf-8")
    return tmp_path


def test_job_10_comes_behind_job_9(sweep):
    assert [path.parent.name for path in status_files(sweep)] == [str(number) for number in range(11)]


def test_every_job_without_an_end_has_a_reason(sweep):
    assert failures(sweep) == [(sweep / "2", "disk full"), (sweep / "10", STOPPED)]


def test_jobs_that_never_started_are_counted(sweep):
    lines, missing = sweep_ended(sweep, expected=13)
    assert missing == 4
    assert lines[0] == f"failed: {sweep / '2'}: disk full; log: {sweep / '2' / 'labelct.log'}"
    assert "2 of 13 jobs never started" in lines


def test_a_sweep_that_ended_well_says_nothing(tmp_path):
    assert sweep_ended(tmp_path, expected=0) == ([], 0)


def test_the_folder_of_the_jobs_is_remembered():
    config = SimpleNamespace(hydra=SimpleNamespace(run=SimpleNamespace(dir="a"), sweep=SimpleNamespace(dir="b")))
    callback = JobFolders()
    callback.on_multirun_start(config)
    assert (str(JobFolders.folder), JobFolders.multirun) == ("b", True)
    callback.on_run_start(config)
    assert (str(JobFolders.folder), JobFolders.multirun) == ("a", False)
