"""Jobs that submitit hands to Slurm: what becomes of them, with and without accounting."""

import signal
import subprocess
import sys

import pytest

from labelct.commands import submission
from labelct.errors import InputError


def test_squeue_says_what_became_of_jobs():
    answer = "7_0|RUNNING\n7_1|CANCELLED\n7_2|CONFIGURING\n7_3|REQUEUED\n99_1|FAILED\n"
    found = submission.states(answer, ["7_0", "7_1", "7_2", "7_3", "7_4"])
    assert {job: state["State"] for job, state in found.items()} == {
        "7_0": "RUNNING",
        "7_1": "CANCELLED",
        "7_2": "RUNNING",
        "7_3": "RUNNING",
        "7_4": "COMPLETED",
    }


@pytest.fixture
def followed(tmp_path, monkeypatch):
    """Return the class of jobs, which asks an squeue that knows a cancelled job alone."""
    slurm = pytest.importorskip("submitit.slurm.slurm")
    monkeypatch.setattr(slurm, "SlurmJob", slurm.SlurmJob)
    monkeypatch.setattr(slurm.SlurmExecutor, "job_class", slurm.SlurmJob)
    (tmp_path / "squeue").write_text("#!/bin/sh\necho '7_0|CANCELLED'\n", encoding="utf-8")
    (tmp_path / "squeue").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    submission.follow_jobs()
    return slurm.SlurmJob


def test_a_cancelled_job_ends_and_does_not_end_the_sweep(followed, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(followed, "_results_timeout_s", 0)
    (tmp_path / "7_0").mkdir()
    (result,) = followed(tmp_path / "%j", "7_0").results()
    assert result.return_value is None
    (record,) = caplog.records
    assert record.getMessage().startswith("job 7_0 of Slurm ended without a result; log: ")


def test_what_slurm_refuses_is_one_line():
    utils = pytest.importorskip("submitit.core.utils")
    with (
        pytest.raises(InputError, match=r"^sbatch: error: invalid qos specified; mend hydra.launcher"),
        submission.refusals_told(),
    ):
        raise utils.FailedJobError("error: invalid\n  qos specified")
    with pytest.raises(RuntimeError, match="a fault"), submission.refusals_told():
        raise RuntimeError("a fault of ours")


@pytest.mark.parametrize(("executor", "code"), [("slurm", 0), ("local", -signal.SIGUSR2)])
def test_the_signal_before_a_time_limit_is_for_submitit(executor, code):
    script = "import os, signal; from labelct.commands import submission; submission.leave_time_limit_to_parent(); "
    script += "os.kill(os.getpid(), signal.SIGUSR2)"
    done = subprocess.run(
        [sys.executable, "-c", script], env={"SUBMITIT_EXECUTOR": executor, "PYTHONPATH": ":".join(sys.path)}
    )
    assert done.returncode == code
