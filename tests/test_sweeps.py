"""Every shipped sweep composes job by job, says what it is, and resumes after a kill."""

import csv
import json
import signal
import subprocess
import sys
import time

import pytest

from labelct.commands import compose
from labelct.config import ConfigError, configuration_folder, gpus

SWEEPS = sorted(path.stem for path in (configuration_folder() / "sweep").glob("*.yaml"))
PAPER = [name for name in SWEEPS if not name.endswith("_phantom")]
EXPERIMENTS = configuration_folder().parent / "experiments"
QUICK = ("trainers", "organs_phantom", "drop_phantom")
FILES = ["cohort.root=COHORT", "texture.root=VIDEOS"]


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in SWEEPS]
)
def test_every_job_of_every_sweep_composes(name):
    files = [] if name.endswith("_phantom") else FILES
    assert compose.check([f"sweep={name}", *files], multirun=False) > 1


@pytest.mark.parametrize("name", PAPER)
def test_every_sweep_has_a_phantom_sized_form_an_experiment_and_a_page(name):
    assert f"{name}_phantom" in SWEEPS
    opening = (configuration_folder() / "experiment" / f"{name}.yaml").read_text(encoding="utf-8")
    for word in ("# Reproduces:", f"# Command: labelct run sweep={name}", "# Hours:", "measured"):
        assert word in opening
    readme = (EXPERIMENTS / name / "README.md").read_text(encoding="utf-8")
    assert f"labelct run sweep={name} " in readme
    with (EXPERIMENTS / name / "expected.csv").open(encoding="utf-8", newline="") as stream:
        assert {"label", "dice", "source"} <= set(next(csv.reader(stream)))


def test_the_command_line_narrows_a_sweep():
    assert compose.check(["sweep=drop_phantom"], multirun=False) == 4
    assert compose.check(["sweep=drop_phantom", "drop=none,half"], multirun=False) == 2
    assert compose.check(["sweep=drop_phantom", "drop=none", "seed=0,1"], multirun=False) == 2


def test_one_job_of_a_sweep_alone():
    assert compose.check(["sweep=dose_phantom", "dose=low", "hydra.mode=RUN"], multirun=False) == 1


@pytest.mark.parametrize(("kind", "devices", "expected"), [("cpu", 1, 0), ("gpu", 1, 1), ("ddp", 4, 4), ("ddp", 0, 1)])
def test_a_launcher_asks_for_the_gpus_of_the_device(kind, devices, expected):
    assert gpus(kind, devices) == expected


PLUGINS = {"slurm": "hydra_submitit_launcher", "ray": "hydra_ray_launcher", "joblib": "hydra_joblib_launcher"}


@pytest.mark.parametrize("launcher", PLUGINS)
def test_launcher_presets_compose(launcher):
    pytest.importorskip(f"hydra_plugins.{PLUGINS[launcher]}", reason="the launcher's extra is not installed")
    assert compose.check([f"hydra/launcher={launcher}", "dose=low,full"], multirun=True) == 2


def test_a_launcher_that_is_not_installed_is_refused_with_its_extra(monkeypatch):
    monkeypatch.setattr(compose, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"is not installed; pip install 'labelct\[launchers\]'"):
        compose._check_installed("hydra_plugins.hydra_joblib_launcher.joblib_launcher.JoblibLauncher")


def start(folder, *arguments):
    command = [sys.executable, "-m", "labelct.run", "debug=smoke", "scanner=image", *arguments]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.mark.slow
def test_a_killed_sweep_does_only_what_is_missing(tmp_path):
    sweep = ["sweep=table1_phantom", "data=clinical,synth2", "seed=0"]
    first = start(tmp_path, *sweep)
    while len(list(tmp_path.glob("outputs/stages/training/*/best.ckpt"))) < 1:
        assert first.poll() is None, first.stdout.read()
        time.sleep(0.2)
    first.send_signal(signal.SIGKILL)
    first.stdout.read()
    finished = {path: path.stat().st_mtime_ns for path in tmp_path.glob("outputs/stages/*/*/recipe.json")}
    finished = {path: time for path, time in finished.items() if not path.parent.name.endswith(".partial")}
    second = start(tmp_path, *sweep)
    told = second.communicate(timeout=300)[0]
    assert second.returncode == 0, told
    assert {path: path.stat().st_mtime_ns for path in finished} == finished
    jobs = sorted(tmp_path.glob("outputs/sweeps/*/*/*/status.json"))
    states = [json.loads(path.read_text(encoding="utf-8"))["state"] for path in jobs]
    assert states[-2:] == ["finished", "finished"]
    assert not list(tmp_path.glob("outputs/stages/*/*.partial"))
