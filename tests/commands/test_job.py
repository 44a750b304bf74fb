import errno
import json
import logging
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import rich
from omegaconf import OmegaConf

from labelct import job_status as status
from labelct.commands import job
from labelct.commands.job import Console, JobFolders, LogFile, sweep_ended
from labelct.errors import InputError
from labelct.store import build, recipe_of
from labelct.writing import write_text


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
    assert status["reason"].startswith("ZeroDivisionError: division by zero (a fault of labelct")
    assert "1 / 0" in (tmp_path / "traceback.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("interrupt", "told"),
    [
        (KeyboardInterrupt(), ("stopped", "stopped by SIGINT")),
        (SystemExit(3), ("failed", "ended with exit code 3")),
    ],
)
def test_who_stops_a_job_stops_it(tmp_path, monkeypatch, interrupt, told):
    def chain(*_):
        raise interrupt

    with pytest.raises(type(interrupt)):
        end(tmp_path, monkeypatch, chain)
    status = json.loads((tmp_path / "status.json").read_text(encoding="utf-8"))
    assert (status["state"], status["reason"]) == told


def test_what_the_disk_refuses_is_no_fault_of_labelct(tmp_path, monkeypatch):
    def chain(*_):
        try:
            raise OSError(errno.ENOSPC, "No space left on device", "a.png")
        finally:
            raise RuntimeError("while cleaning up")

    _, status = end(tmp_path, monkeypatch, chain)
    assert status["reason"] == "a.png: the disk is full; free some space or write elsewhere"
    assert not (tmp_path / "traceback.txt").exists()


def test_a_file_of_a_stage_that_is_not_as_it_was_made_is_to_be_made_again(tmp_path, monkeypatch):
    stage = build(tmp_path / "stages", recipe_of("cohort", 1, {}), lambda folder: write_text(folder / "ct", "content"))

    def chain(*_):
        raise InputError(stage.folder / "ct", "is truncated", "copy or export it again")

    assert end(tmp_path, monkeypatch, chain)[1]["reason"].endswith("is truncated; copy or export it again")
    (stage.folder / "ct").write_text("CONTENT")
    told = end(tmp_path, monkeypatch, chain)[1]["reason"]
    assert told.endswith(f"is truncated; rm -r {stage.folder} lets the same command make it again")


def test_a_fault_while_the_disk_has_no_room_is_that_of_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(job.shutil, "disk_usage", lambda _: SimpleNamespace(free=4096))
    _, status = end(tmp_path, monkeypatch, lambda *_: 1 / 0)
    assert status["reason"].endswith("the disk is full; free some space or write elsewhere")


def test_why_a_job_failed_is_one_line_on_stderr_however_narrow_the_console_is(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr(rich, "_console", None)  # rich has one console a process, as wide as when it is first asked for
    reason = f"/data/{'folder/' * 20}ct.nii.gz: is truncated; copy it again"
    console = Console()
    console.handle(logging.LogRecord("labelct", logging.ERROR, "", 0, "%s", (reason,), None))
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"labelct run: {reason}\n")
    console.handle(logging.LogRecord("labelct", logging.INFO, "", 0, "made again", None, None))
    said = capsys.readouterr()
    assert "made again" in said.out
    assert said.err == ""


def test_a_log_whose_disk_is_full_says_so_once():
    code = "import logging; from labelct.commands.job import LogFile; log = logging.getLogger(); "
    code += "log.addHandler(LogFile('/dev/full', delay=True)); log.error('one'); log.error('two')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "labelct run: /dev/full: the disk is full; free some space or write elsewhere\n"


def test_a_log_that_cannot_be_opened_does_not_end_the_job(tmp_path, capsys):
    log = LogFile(tmp_path / "missing" / "labelct.log", delay=True)
    log.handle(logging.LogRecord("labelct", logging.INFO, "", 0, "a line", None, None))
    log.close()
    assert "labelct.log: " in capsys.readouterr().err


@pytest.fixture
def sweep(tmp_path):
    """Return a sweep of eleven jobs, of which job 2 failed and job 10 was stopped."""
    ends = {2: {"state": "failed", "reason": "disk full"}, 10: {"state": "stopped", "reason": "stopped by SIGTERM"}}
    for number in range(11):
        folder = tmp_path / str(number)
        folder.mkdir()
        status = ends.get(number, {"state": "finished", "dice": 0.9})
        (folder / "status.json").write_text(json.dumps(status), encoding="utf-8")
    return tmp_path


def test_jobs_that_never_started_are_counted(sweep):
    lines, missing = sweep_ended(sweep, expected=13)
    assert missing == 4
    assert lines[0] == f"failed: {sweep / '2'}: disk full; log: {sweep / '2' / 'labelct.log'}"
    assert "2 of 13 jobs never started" in lines


def test_a_sweep_that_ended_well_says_nothing(tmp_path):
    assert sweep_ended(tmp_path, expected=0) == ([], 0)


def test_the_folder_of_the_jobs_is_remembered():
    folders = {"run": SimpleNamespace(dir="a"), "sweep": SimpleNamespace(dir="b")}
    config = SimpleNamespace(hydra=SimpleNamespace(**folders, launcher={"_target_": "basic_launcher"}))
    callback = JobFolders()
    callback.on_multirun_start(config)
    assert (str(JobFolders.folder), JobFolders.multirun) == ("b", True)
    callback.on_run_start(config)
    assert (str(JobFolders.folder), JobFolders.multirun) == ("a", False)


class Stopped(subprocess.Popen):
    """A job that Slurm stops: it says so in its folder and ends."""

    def __init__(self, command, **options):
        super().__init__([sys.executable, "-c", "raise SystemExit(143)"], **options)
        status.fail(Path(command[-1]), "stopped by SIGTERM", "stopped")


@pytest.mark.parametrize("executor", ["slurm", "local"])
def test_a_job_that_slurm_stops_leaves_no_result(tmp_path, monkeypatch, executor):
    monkeypatch.setenv("SUBMITIT_EXECUTOR", executor)
    monkeypatch.setattr(job.subprocess, "Popen", Stopped)
    if executor == "slurm":  # it may be taken up again, and a result would say that it is over
        with pytest.raises(SystemExit):
            job.run_apart(tmp_path, tmp_path)
    else:
        assert job.run_apart(tmp_path, tmp_path) is None


def test_a_job_that_submitit_puts_into_the_queue_again_stops_in_good_order(tmp_path, monkeypatch):
    script = "import signal, sys, time; from labelct import job_status as status; from pathlib import Path; "
    script += (
        "signal.signal(signal.SIGTERM, lambda *_: (status.fail(Path('.'), 'SIGTERM', 'stopped'), sys.exit(143))); "
    )
    script += "Path('ready').touch(); time.sleep(60)"

    class Requeued(subprocess.Popen):
        def __init__(self, command, **options):
            super().__init__([sys.executable, "-c", script], **options)

        def wait(self, timeout=None):
            if timeout is None:
                while not (tmp_path / "ready").exists():
                    time.sleep(0.01)
                raise SystemExit(-1)
            return super().wait(timeout)

    monkeypatch.setattr(job.subprocess, "Popen", Requeued)
    with pytest.raises(SystemExit):
        job.run_apart(tmp_path, tmp_path)
    assert status.read(tmp_path / status.FILE)["reason"] == "SIGTERM"
