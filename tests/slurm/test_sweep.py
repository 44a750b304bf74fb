"""A sweep on a Slurm cluster: refused where no node can, else run, and taken up again where Slurm stops a job."""

import csv
import json
import subprocess
import sys
import time

import pytest

from tests.slurm.conftest import told

pytestmark = pytest.mark.slurm

MINUTES = 60
STEPS, VALIDATED = 100, 20  # a checkpoint is written at each validation
FITS = [f"hydra.launcher.{value}" for value in ("cpus_per_task=1", "mem_gb=3", "timeout_min=55")]
# a training of some minutes, which a job is stopped in; what comes before it takes seconds
LONG = [
    "scanner=image", "cohort.spacing=10", "data.spacing=10", "data.replicates=1", "data.replicates_val=1",
    "trainer=unet_tiny", "trainer.patch=[32,32,32]", "trainer.channels=[8,16,32]", "trainer.batch=1",
    "trainer.spacing=null", "trainer.deep_supervision=0", f"trainer.steps={STEPS}",
    f"trainer.validate_every={VALIDATED}", "limit.train=2", "limit.val=1", "limit.test=1",
]  # fmt: skip


def launch(environment, folder, *arguments):
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    command = [sys.executable, "-m", "labelct.run", "hydra/launcher=slurm", *arguments, "-m"]
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ended(process):
    out, err = process.communicate(timeout=60 * MINUTES)
    return process.returncode, out, err


def states(folder):
    paths = sorted(folder.glob("outputs/sweeps/*/*/*/status.json"))
    return [json.loads(path.read_text(encoding="utf-8"))["state"] for path in paths]


def test_what_the_node_cannot_give_is_said_and_nothing_is_submitted(slurm, tmp_path):
    code, _, err = ended(launch(slurm, tmp_path, "debug=smoke", "seed=0,1"))
    assert code == 1
    (line,) = err.splitlines()
    assert line.endswith("type hydra.launcher.cpus_per_task=2 hydra.launcher.mem_gb=6 hydra.launcher.timeout_min=60"), (
        line
    )
    assert list(tmp_path.iterdir()) == []
    assert told(slurm, "squeue", "--noheader") == ""


def test_what_sbatch_refuses_is_one_line(slurm, tmp_path):
    code, _, err = ended(launch(slurm, tmp_path, *FITS, "hydra.launcher.constraint=a100", "debug=smoke", "seed=0,1"))
    assert code == 1
    assert err.splitlines()[-1].startswith("labelct run: sbatch: ")
    assert "Traceback" not in err


def test_four_jobs_run_as_an_array(slurm, tmp_path):
    code, out, err = ended(launch(slurm, tmp_path, *FITS, "debug=smoke", "data=synth1,synth2", "seed=0,1"))
    assert code == 0, out + err
    assert states(tmp_path) == ["finished"] * 4
    assert "sacct" not in out + err, "there is no accounting, and nobody has to be told every minute"


@pytest.mark.parametrize("stop", ["requeue", "time limit"])
def test_a_job_that_is_stopped_goes_on_at_its_checkpoint(slurm, tmp_path, stop):
    process = launch(slurm, tmp_path, *FITS, *LONG, "seed=0")
    while not list(tmp_path.glob("outputs/stages/training/*/last.ckpt")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.5)
    number = told(slurm, "squeue", "--noheader", "--format=%A")
    command = ["scontrol", "requeue", number] if stop == "requeue" else ["scancel", "--signal=USR2", number]
    subprocess.run(command, env=slurm, check=True)
    code, out, err = ended(process)
    assert code == 0, out + err
    assert states(tmp_path) == ["finished"]
    steps, seconds = log_of_training(tmp_path)
    assert steps[-1] == STEPS
    (again,) = [row for row in range(1, len(steps)) if seconds[row] < seconds[row - 1]]
    assert VALIDATED < steps[again] < STEPS, "seconds count from the restart, which is no start from nothing"


def log_of_training(folder):
    (path,) = folder.glob("outputs/stages/training/*/log.csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [int(row["step"]) for row in rows], [float(row["seconds"]) for row in rows]


def test_a_job_that_is_cancelled_loses_itself_alone(slurm, tmp_path):
    process = launch(slurm, tmp_path, *FITS, "debug=smoke", "data=synth1", "seed=0,1")
    while not (jobs := told(slurm, "squeue", "--noheader", "--array", "--format=%i").split()):
        assert process.poll() is None, process.communicate()
        time.sleep(0.2)
    subprocess.run(["scancel", sorted(jobs)[-1]], env=slurm, check=True)
    code, out, err = ended(process)
    assert code == 1, out + err
    assert states(tmp_path)[0] == "finished"
    assert "ended without a result" in out + err
    assert "Traceback" not in out + err
