"""One job of a sweep that fails, is killed or exits takes none of the others along, whatever launches them."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from hydra import compose, initialize_config_dir

from labelct.config import configuration_folder

pytestmark = pytest.mark.ci

STUB = """
import os, signal, sys, time, types

def run(config, folder, arm, overrides):
    from labelct.errors import InputError
    (folder / "labelct.log").touch()
    if config.seed == 1:
        raise InputError("case_7.nii.gz", "is truncated", "copy it again")
    if config.seed == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    if config.seed == 3:
        sys.exit(3)
    if config.seed == 9:
        import subprocess

        worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        (folder / "worker.txt").write_text(str(worker.pid))
        time.sleep(60)
    (folder / "scores.csv").touch()
    return 0.9

stub = types.ModuleType("labelct.pipeline")
stub.run = run
sys.modules["labelct.pipeline"] = stub
"""
REASONS = {1: "case_7.nii.gz: is truncated; copy it again", 2: "killed by SIGKILL", 3: "ended with exit code 3"}
SMALL = "hydra.launcher.ray.remote.num_cpus=1 hydra.launcher.ray.init.num_cpus=2"


@pytest.fixture
def stubbed(tmp_path):
    """Return a folder to launch from and an environment in which the chain of stages is a stub of milliseconds."""
    (tmp_path / "stub").mkdir()
    (tmp_path / "stub" / "sitecustomize.py").write_text(STUB, encoding="utf-8")
    paths = [str(tmp_path / "stub"), os.environ.get("PYTHONPATH", "")]
    return tmp_path, {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}


def launch(stubbed, *arguments):
    folder, environment = stubbed
    command = [sys.executable, "-m", "labelct.run", *arguments, "-m"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


def statuses(folder):
    found = {int(path.parent.name): path for path in folder.glob("outputs/sweeps/*/*/*/status.json")}
    return {number: json.loads(path.read_text(encoding="utf-8")) for number, path in sorted(found.items())}


@pytest.mark.parametrize(
    ("launcher", "module"),
    [
        ("basic", None),
        ("joblib", "hydra_plugins.hydra_joblib_launcher"),
        ("submitit_local", "hydra_plugins.hydra_submitit_launcher"),
        pytest.param(f"ray {SMALL}", "hydra_plugins.hydra_ray_launcher", marks=pytest.mark.slow),
    ],
)
def test_the_other_jobs_finish(stubbed, launcher, module):
    if module:
        pytest.importorskip(module)
    done = launch(stubbed, *f"hydra/launcher={launcher}".split(), "seed=0,1,2,3,4")
    assert done.returncode == 1, done.stdout + done.stderr
    ended = statuses(stubbed[0])
    assert [ended[seed]["state"] for seed in range(5)] == ["finished", "failed", "failed", "failed", "finished"]
    told = [line for line in done.stderr.splitlines() if line.startswith("failed: ")]
    assert len(told) == 3
    for line, (seed, reason) in zip(told, REASONS.items(), strict=True):
        assert ended[seed]["reason"].startswith(reason)
        assert reason in line
        assert line.endswith(os.path.join(str(seed), "labelct.log"))


@pytest.mark.slow
def test_a_sweep_without_failures_ends_well(stubbed):
    done = launch(stubbed, "seed=0,4")
    assert done.returncode == 0, done.stderr
    assert "failed" not in done.stderr
    assert "labelct report outputs" in done.stdout


@pytest.mark.slow
def test_a_job_ends_with_the_sweep_that_is_killed(stubbed):
    folder, environment = stubbed
    command = [sys.executable, "-m", "labelct.run", "-m", "seed=9,0"]
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL) as sweep:
        while not (text := "".join(path.read_text() for path in folder.glob("outputs/sweeps/*/*/0/worker.txt"))):
            time.sleep(0.1)
        processes = [statuses(folder)[0]["pid"], int(text)]
        sweep.send_signal(signal.SIGKILL)
    for _ in range(100):
        if not any(map(alive, processes)):
            break
        time.sleep(0.1)
    assert not any(map(alive, processes))
    assert list(statuses(folder)) == [0]


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        return stat.read().split()[2] != "Z"


def test_optuna_draws_its_trials(stubbed):
    pytest.importorskip("hydra_plugins.hydra_optuna_sweeper")
    done = launch(stubbed, "hparams_search=optuna", "hydra.sweeper.n_trials=2", "seed=0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [ended["state"] for ended in statuses(stubbed[0]).values()] == ["finished", "finished"]
    (results,) = stubbed[0].glob("outputs/sweeps/*/*/optimization_results.yaml")
    assert "best_value: 0.9" in results.read_text(encoding="utf-8")


def test_slurm_is_asked_for_gpus_time_and_a_signal_before_its_end(tmp_path, monkeypatch):
    submitit = pytest.importorskip("submitit")
    (tmp_path / "srun").write_text("#!/bin/sh\n")
    (tmp_path / "srun").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with initialize_config_dir(version_base="1.3", config_dir=str(configuration_folder().absolute())):
        overrides = ["hydra/launcher=slurm", "device=gpu", "hydra.launcher.partition=long"]
        preset = compose("config", overrides=overrides, return_hydra_config=True)
    options = {name: preset.hydra.launcher[name] for name in preset.hydra.launcher}
    for name in ("_target_", "submitit_folder"):
        del options[name]
    common = ("name", "nodes", "tasks_per_node", "cpus_per_task", "gpus_per_node", "mem_gb", "timeout_min")
    asked = {name if name in (*common, "stderr_to_stdout") else f"slurm_{name}": options[name] for name in options}
    executor = submitit.AutoExecutor(
        folder=tmp_path, cluster="slurm", slurm_max_num_timeout=asked.pop("slurm_max_num_timeout")
    )
    executor.update_parameters(**asked)
    script = executor._executor._make_submission_file_text("labelct", "0")
    for line in ("gpus-per-node=1", "time=1440", "signal=USR2@120", "partition=long", "mem=48GB", "cpus-per-task=8"):
        assert f"#SBATCH --{line}\n" in script
