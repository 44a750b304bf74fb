"""Sizes that no machine holds, and jobs that are one job: a line that says what is needed, before anything is made."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from labelct.commands.compose import check_jobs
from labelct.errors import LabelctError

MOST = 10**9


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    """Make this one of 16 GiB and half a terabyte of disk, whatever it is."""
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(total=16 << 30, available=12 << 30))
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(total=500 * 10**9, free=300 * 10**9))


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ([f"cohort.train={MOST}"], r"1000000006 cases of cohort=phantom need at least .* TB of disk, which holds "),
        ([f"cohort.train={MOST}", "evaluation.folds=2", "evaluation.fold=0"], "cases of cohort=phantom need at least"),
        ([f"cohort.test={MOST}"], "set cohort.train, cohort.val, cohort.test smaller, or paths.outputs= elsewhere"),
        (["test=[phantom]", f"test.phantom.test={MOST}"], "cases of test.phantom=phantom need at least"),
        (
            [f"data.replicates={MOST}"],
            "16000000002 training volumes need at least .* set data.replicates or",
        ),
        ([f"data.replicates_val={MOST}"], "training volumes need at least"),
        (["cohort.size=[1e7,1e7,1e7]"], "each at least four voxels and at most 3000"),
        (
            ["cohort.size=[3000,3000,3000]", "cohort.spacing=0.5"],
            r"cases of cohort=phantom: one of 2\.16e\+11 voxels needs at least 1\.9 TB of memory, .*; set fewer",
        ),
        (["data.spacing=0.1"], r"data\.spacing=0\.1: one of .* set data\.spacing larger, or take a larger machine"),
        (["trainer=unet", "trainer.batch=100000"], r"trainer=unet: a step of 100000 patches of 48 x 48 x 48 needs"),
        (["trainer=unet", "trainer.batch=2000", "trainer.patch=[1024,1024,1024]"], r"or trainer\.patch smaller"),
        (
            ["trainer=resunet25d", "trainer.batch=1000000"],
            r"patches of 256 x 256 .* or trainer\.size smaller",
        ),
        (["trainer=nnunet", f"trainer.batch={MOST}"], r"trainer=nnunet: a step of 1000000000 patches"),
        (["parallel.workers=1000000"], r"parallel\.workers=1000000: allowed is 0 to 4096"),
        (["device.threads=1000000"], r"device\.threads=1000000: allowed is 0 to 4096"),
        (
            ["device=ddp", "device.accelerator=cpu", "device.devices=1000000"],
            r"device\.devices=1000000: 1000000 processes need at least 104\.9 TB of memory, .*; set at most ",
        ),
        (
            [f"limit.train={MOST}"],
            "limit.train=1000000000: allowed is at most 16, the training cases of",
        ),
    ],
)
def test_what_no_machine_holds_is_one_line_before_anything_is_made(tmp_path, overrides, said):
    outputs = tmp_path / "outputs"
    with pytest.raises(LabelctError, match=said) as caught:
        check_jobs([*overrides, f"paths.outputs={outputs}"], multirun=False, starting=True)
    assert "\n" not in str(caught.value)
    assert not outputs.exists()


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["seed=1,1"], "the sweep has the job 'seed=1' twice; give each value once"),
        (["seed=1,2,1"], "'seed=1' twice"),
        (["trainer=unet", "trainer.steps=250,300,250"], "'trainer=unet trainer.steps=250' twice"),
        (["data=synth3,synth3", "seed=1,2"], "'data=synth3 seed=1' twice"),
        (["seed=range(0,1000000000)"], "seed=range(0,1000000000): 10001 jobs or more; allowed is at most 10000"),
        (["seed=range(0,200)", "data.seed=range(0,200)"], "seed=range(0,200), data.seed=range(0,200): 40000 jobs"),
    ],
)
def test_a_sweep_with_a_job_twice_or_of_more_jobs_than_anybody_waits_for_is_refused_at_once(overrides, said):
    with pytest.raises(LabelctError) as caught:
        check_jobs(overrides, multirun=True)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "overrides", [["seed=1,2"], ["limit.train=3,4", "debug=smoke"], ["name=a,b"], ["data=synth2,synth3", "seed=1,2"]]
)
def test_jobs_that_differ_are_taken_also_where_debug_makes_them_alike(overrides):
    check_jobs(overrides, multirun=True)


def test_what_fits_passes(tmp_path):
    usual = ["cohort.train=1000", "data.replicates=4", "parallel.workers=32", "trainer=unet", "trainer.batch=8"]
    check_jobs([*usual, f"paths.outputs={Path(tmp_path) / 'outputs'}"], multirun=False, starting=True)
