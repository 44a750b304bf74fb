"""Every shipped sweep composes job by job, says what it is, and resumes after a kill."""

import csv
import json
import signal
import subprocess
import sys
import time

import pytest
from hydra import initialize_config_dir

from labelct.commands import compose
from labelct.commands.groups import options
from labelct.config import ConfigError, configuration_folder, study

SWEEPS = list(options("sweep"))
EXPERIMENTS = configuration_folder().parent / "experiments"
FILES = ["cohort.root=COHORT", "texture.root=VIDEOS"]
PHANTOM = ["experiment=phantom"]
QUICK = [("trainers", FILES), ("organs", PHANTOM), ("drop", PHANTOM)]
OWN = (
    "prostate_table1",
    "prostate_context",
)  # sweeps of the second paper, with experiments of their own (test_prostate)


def all_sweeps():
    for name in sorted({*SWEEPS} - {*OWN}):
        for given in (FILES, PHANTOM):
            marks = [] if (name, given) in QUICK else [pytest.mark.slow]
            yield pytest.param(name, given, marks=marks, id=f"{name}-{given[0].partition('=')[2].lower()}")


@pytest.mark.parametrize(("name", "given"), list(all_sweeps()))
def test_every_job_of_every_sweep_composes(name, given):
    assert compose.check_jobs([f"sweep={name}", *given], multirun=False) > 1


def jobs(*overrides):
    with initialize_config_dir(version_base="1.3", config_dir=str(configuration_folder().absolute())):
        return compose._jobs(list(overrides), [], multirun=False)[0]


def test_a_sweep_takes_its_own_experiment_or_the_one_that_is_typed(configured):
    assert configured("sweep=fill", *FILES).trainer.epochs == 4000
    small = configured("sweep=fill", *PHANTOM)
    assert small.trainer.steps == 200
    assert small.data.kind == "synth2", "what the sweep fixes holds for every experiment"


def test_what_the_embedded_cohort_cannot_do_is_left_out():
    assert ["texture=video" in job for job in jobs("sweep=texture", *FILES)].count(True) == 1
    assert not any("texture=video" in job for job in jobs("sweep=texture", *PHANTOM))
    assert [job[0] for job in jobs("sweep=cases", *PHANTOM)] == [f"limit.train={number}" for number in (1, 2, 4, 8)]


MASKS = {"organs": (1, 2, 4, 8, 16, 24), "liver": (1, 2, 4, 8, 16, 32, 64)}


@pytest.mark.parametrize("name", MASKS)
def test_a_learning_curve_has_as_many_steps_and_volumes_whatever_the_label_maps(name, configured):
    given = ["sweep=cases", f"experiment={name}_from_masks", "cohort.root=maps", "test.totalsegmentator.root=ct"]
    assert [job[0] for job in jobs(*given)] == [f"limit.train={number}" for number in MASKS[name]]
    few, every = (configured(*given, f"limit.train={MASKS[name][place]}", "seed=2") for place in (0, -1))
    assert few.data.replicates * few.limit.train == every.data.replicates * every.limit.train == 4 * MASKS[name][-1]
    assert few.trainer == every.trainer
    assert (few.cohort.seed, few.data.seed, few.seed) == (2, 2, 2)
    assert configured(*given, "data.replicates=4", "limit.train=1").data.replicates == 4


def test_a_sweep_of_any_experiment():
    masks = ["cohort.root=maps", "test.totalsegmentator.root=ct"]
    assert (
        compose.check_jobs(["sweep=dose", "dose=low,full", "experiment=liver_from_masks", *masks], multirun=False) == 2
    )


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        (["sweep=dose", "seed=1"], "dose"),
        (["experiment=phantom", "sweep=dose"], "dose_phantom"),
        (["experiment=phantom"], ""),
        (["data=synth1"], ""),
    ],
)
def test_a_sweep_is_named_by_what_was_typed(typed, name):
    assert study(typed) == name


@pytest.mark.parametrize("name", SWEEPS)
def test_every_sweep_says_what_it_is_and_has_a_page(name):
    opening = (configuration_folder() / "sweep" / f"{name}.yaml").read_text(encoding="utf-8")
    for word in ("# Reproduces:", f"# Command: labelct run sweep={name}", "# Hours:", "measured"):
        assert word in opening
    readme = (EXPERIMENTS / name / "README.md").read_text(encoding="utf-8")
    if name not in OWN:
        assert f"labelct run sweep={name} cohort.root=" in readme
        assert f"labelct run sweep={name} experiment=phantom" in readme
    with (EXPERIMENTS / name / "expected.csv").open(encoding="utf-8", newline="") as stream:
        assert {"label", "dice", "source"} <= set(next(csv.reader(stream)))


def test_the_command_line_narrows_a_sweep():
    assert len(jobs("sweep=drop", *PHANTOM)) == 4
    assert len(jobs("sweep=drop", *PHANTOM, "drop=none,half")) == 2
    assert len(jobs("sweep=drop", *PHANTOM, "drop=none", "seed=0,1")) == 2


def test_one_job_of_a_sweep_alone():
    assert compose.check_jobs(["sweep=dose", *PHANTOM, "dose=low", "hydra.mode=RUN"], multirun=False) == 1


PLUGINS = {"slurm": "hydra_submitit_launcher", "ray": "hydra_ray_launcher", "joblib": "hydra_joblib_launcher"}


@pytest.mark.parametrize("launcher", PLUGINS)
def test_launcher_presets_compose(launcher):
    pytest.importorskip(f"hydra_plugins.{PLUGINS[launcher]}", reason="the launcher's extra is not installed")
    assert compose.check_jobs([f"hydra/launcher={launcher}", "dose=low,full"], multirun=True) == 2


def test_a_launcher_that_is_not_installed_is_refused_with_its_extra(monkeypatch):
    monkeypatch.setattr(compose, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"is not installed; pip install 'labelct\[launchers\]'"):
        compose._check_installed("hydra_plugins.hydra_joblib_launcher.joblib_launcher.JoblibLauncher")


def test_a_plugin_without_the_package_that_it_drives_is_refused(monkeypatch):
    monkeypatch.setattr(compose, "find_spec", lambda name: None if name == "ray" else name)
    target = "hydra_plugins.hydra_ray_launcher.ray_launcher.RayLauncher"
    told = "ray, which hydra_ray_launcher starts jobs with, is not installed; pip install ray && pip install --no-deps"
    with pytest.raises(ConfigError, match=f"^{told} hydra-ray-launcher$"):
        compose._check_installed(target)


def start(folder, *arguments):
    command = [sys.executable, "-m", "labelct.run", "debug=smoke", "scanner=image", *arguments]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.mark.slow
def test_a_killed_sweep_does_only_what_is_missing(tmp_path):
    sweep = ["sweep=table1", *PHANTOM, "data=clinical,synth2", "seed=0"]
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


@pytest.mark.parametrize("trainer", ["unet_tiny", "nnunet"])
@pytest.mark.ci
def test_folds_are_a_job_each_for_every_trainer(trainer):
    given = ["experiment=phantom", f"trainer={trainer}", "evaluation.folds=3"]
    sweep = jobs("sweep=folds", *given)
    assert [job[0] for job in sweep] == [f"evaluation.fold={fold}" for fold in range(3)]
    assert compose.check_jobs(["sweep=folds", *given], multirun=False) == 3
    assert compose.check_jobs(["evaluation.fold=range(3)", *given], multirun=True) == 3
