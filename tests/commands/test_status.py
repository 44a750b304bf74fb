"""`labelct status` tells running, waiting, finished, failed and killed jobs apart, each in one line."""

import json
import os
import time

import pytest

from labelct import job_status, journal
from labelct.commands import status
from labelct.errors import InputError
from labelct.processes import describe

DEAD = {"host": describe()["host"], "pid": 2**22 + 1, "started": 5}  # above the largest number


@pytest.fixture
def outputs(tmp_path):
    (tmp_path / "stages").mkdir()
    return tmp_path


def job(outputs, name, said, typed=("data=synth3",)):
    folder = outputs / "sweeps" / "day" / "time" / name
    (folder / ".hydra").mkdir(parents=True)
    (folder / ".hydra" / "overrides.yaml").write_text("".join(f"- {item}\n" for item in typed))
    (folder / job_status.FILE).write_text(json.dumps(said))
    return folder


def sweep(outputs, jobs, launcher):
    (outputs / "sweeps" / "day" / "time" / job_status.SWEEP).write_text(json.dumps({"jobs": jobs, **launcher}))


def test_every_state_has_its_line_and_its_number(outputs, capsys):
    job(outputs, "0", {"state": "finished", "dice": 0.9})
    running = job(outputs, "1", {"state": "running", **describe()}, ["data=synth2"])
    note = {"what": "training", "done": 120, "total": 800, "text": "", "rate": 2.0, "left_s": 340.0, "at": time.time()}
    (running / journal.PROGRESS).write_text(json.dumps(note))
    job(outputs, "2", {"state": "failed", "reason": "the disk\nis full"}, ["data=synth1"])
    job(outputs, "10", {"state": "running", **DEAD}, ["dose=low"])
    sweep(outputs, 7, describe())
    assert status.main([str(outputs)]) == 1
    front = "sweeps/day/time"
    assert capsys.readouterr().out.splitlines() == [
        f"finished       {front}/0  data=synth3  Dice 0.900",
        f"running        {front}/1  data=synth2  training: 120/800, 2/s, 6 min left",
        f"failed         {front}/2  data=synth1  the disk is full",
        f"failed         {front}/10  dose=low  {job_status.KILLED}",
        f"waiting        {front}  3 jobs  for those before them",
        f"1 running, 3 waiting, 2 failed, 1 finished: {outputs}",
    ]


def test_jobs_of_a_launcher_that_is_dead_never_start(outputs, capsys):
    job(outputs, "0", {"state": "finished", "dice": None})
    sweep(outputs, 3, DEAD)
    assert status.main([str(outputs), "--open"]) == 1
    assert "never started  sweeps/day/time  2 jobs  the sweep was killed or stopped" in capsys.readouterr().out


def test_what_was_typed_again_and_finished_since_is_settled(outputs, capsys):
    failed = job(outputs, "0", {"state": "failed", "reason": "full"})
    done = job(outputs, "1", {"state": "finished", "dice": 0.5})
    for folder, when in ((failed, 1000), (done, 2000)):
        os.utime(folder / ".hydra" / "overrides.yaml", (when, when))
    assert status.main([str(outputs)]) == 0
    assert "full (finished since in another job)" in capsys.readouterr().out
    assert status.main([str(outputs), "--open"]) == 0
    assert "full" not in capsys.readouterr().out


def test_a_silent_job_says_when_it_was_heard_of(outputs, capsys):
    running = job(outputs, "0", {"state": "running", **describe()})
    note = {"what": "training", "done": 1, "total": None, "text": "", "rate": None, "left_s": None}
    (running / journal.PROGRESS).write_text(json.dumps({**note, "at": time.time() - 1200}))
    assert status.main([str(running)]) == 0
    assert "training: 1; last heard of 20 min ago" in capsys.readouterr().out


def test_jobs_of_another_version_are_shown_as_they_are(outputs, capsys):
    job(outputs, "0", {"state": "paused"})
    old = outputs / "runs" / "day" / "time"
    old.mkdir(parents=True)
    for name in ("scores.json", "config.yaml"):
        (old / name).write_text("{}")
    assert status.main([str(outputs)]) == 1
    told = capsys.readouterr().out
    assert "paused         sweeps/day/time/0" in told
    assert "finished       runs/day/time" in told


@pytest.mark.parametrize("name", ["stages", "nowhere"])
def test_a_folder_without_jobs_is_one_line(outputs, name):
    with pytest.raises(InputError, match="give the folder of a job, of a sweep"):
        status.main([str(outputs / name)])
