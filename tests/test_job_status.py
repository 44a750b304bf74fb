"""What `status.json` says is true, whoever died, and fits where the disk is full."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from labelct import job_status as status
from labelct.errors import InputError
from labelct.processes import describe

DEAD = {"state": "running", "host": describe()["host"], "pid": 2**22 + 1, "started": 5}  # above the largest number


def said(folder):
    return json.loads((folder / "status.json").read_text(encoding="utf-8"))


def test_a_running_job_is_running_and_a_dead_one_is_not(tmp_path):
    status.begin(tmp_path)
    assert status.read(tmp_path / "status.json")["state"] == "running"
    (tmp_path / "status.json").write_text(json.dumps(DEAD), encoding="utf-8")
    assert status.read(tmp_path / "status.json") == {"state": "failed", "reason": status.KILLED}
    assert (said(tmp_path)["state"], said(tmp_path)["reason"]) == ("failed", status.KILLED)


def test_a_number_that_was_given_out_again_is_another_process(tmp_path):
    other = {"state": "running", **describe(), "started": 1}
    (tmp_path / "status.json").write_text(json.dumps(other), encoding="utf-8")
    assert status.read(tmp_path / "status.json")["state"] == "failed"


def test_of_another_machine_nothing_is_known(tmp_path):
    (tmp_path / "status.json").write_text(json.dumps({**DEAD, "host": "elsewhere"}), encoding="utf-8")
    assert status.read(tmp_path / "status.json")["state"] == "running"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', '{"state": "running"}'])
def test_a_torn_file_is_that_of_a_dead_job(tmp_path, text):
    (tmp_path / "status.json").write_text(text, encoding="utf-8")
    assert status.read(tmp_path / "status.json")["state"] == "failed"
    assert said(tmp_path)["state"] == "failed"


def test_a_folder_that_was_deleted_stays_so(tmp_path):
    assert status.read(tmp_path / "gone" / "status.json")["state"] == "failed"
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize(("reason", "kept"), [("the disk is full", 16), ("x" * 5000, status.ROOM // 8)])
def test_the_end_is_written_where_no_file_can_be_made(tmp_path, monkeypatch, reason, kept):
    status.begin(tmp_path)
    size = (tmp_path / "status.json").stat().st_size

    def refuse(path, *_):
        raise InputError(path, "the disk is full", "")

    monkeypatch.setattr(status, "write_json", refuse)
    status.fail(tmp_path, reason)
    assert (said(tmp_path)["state"], said(tmp_path)["reason"]) == ("failed", reason[:kept])
    assert (tmp_path / "status.json").stat().st_size == size


def test_job_10_comes_behind_job_9_and_those_without_an_end_have_a_reason(tmp_path):
    for number in range(11):
        (tmp_path / str(number)).mkdir()
        status.finish(tmp_path / str(number), 0.9)
    (tmp_path / "10" / "status.json").write_text(json.dumps(DEAD), encoding="utf-8")
    status.fail(tmp_path / "2", "disk full")
    assert [path.parent.name for path in status.files(tmp_path)] == [str(number) for number in range(11)]
    assert status.failures(tmp_path) == [(tmp_path / "2", "disk full"), (tmp_path / "10", status.KILLED)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"state": "running", **describe()}, status.RUNNING),
        (DEAD, status.KILLED),
        ({"state": "stopped"}, status.STOPPED),
        ({"state": "failed", "reason": "disk full"}, "disk full"),
        ({}, status.KILLED),
    ],
)
def test_why_a_job_has_no_scores(tmp_path, content, reason):
    (tmp_path / "status.json").write_text(json.dumps(content), encoding="utf-8")
    assert status.unscored(tmp_path / "status.json") == reason


JOB = """
import sys, time
from pathlib import Path
from labelct import job_status as status
folder = Path(sys.argv[1])
status.begin(folder)
with status.witnessed(folder, folder / "outputs"):
    print("running", flush=True)
    time.sleep(60)
"""


def test_a_witness_puts_a_killed_job_and_those_before_it_right(tmp_path):
    earlier = tmp_path / "outputs" / "runs" / "day" / "time"
    earlier.mkdir(parents=True)
    (earlier / "status.json").write_text(json.dumps(DEAD), encoding="utf-8")
    with subprocess.Popen([sys.executable, "-c", JOB, str(tmp_path)], stdout=subprocess.PIPE) as job:
        job.stdout.readline()
        deadline = time.monotonic() + 20
        while said(earlier)["state"] == "running" and time.monotonic() < deadline:
            time.sleep(0.05)
        assert said(tmp_path)["state"] == "running"
        os.kill(job.pid, signal.SIGKILL)
    while said(tmp_path)["state"] == "running" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert said(earlier)["reason"] == said(tmp_path)["reason"] == status.KILLED


def test_jobs_that_their_launcher_killed_on_a_signal_were_stopped_and_others_stay_as_they_are(tmp_path):
    for name, content in {"dead": DEAD, "done": {"state": "finished", "dice": 0.9}}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "status.json").write_text(json.dumps(content), encoding="utf-8")
    status.stop(tmp_path, "stopped by SIGTERM")
    assert (said(tmp_path / "dead")["state"], said(tmp_path / "dead")["reason"]) == ("stopped", "stopped by SIGTERM")
    assert said(tmp_path / "done") == {"state": "finished", "dice": 0.9}
