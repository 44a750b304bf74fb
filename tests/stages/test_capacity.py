"""What a job needs at least is counted without making anything, and held against the whole machine."""

from types import SimpleNamespace

import numpy as np
import pytest

from labelct.errors import InputError
from labelct.io import nifti
from labelct.stages import capacity, cohorts, preflight

GIB = 1 << 30


@pytest.fixture
def machine(monkeypatch):
    """Return a function that makes this machine one of so many bytes of memory and disk."""

    def has(memory=16 * GIB, disk=500 * GIB, free=0):
        monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(total=memory, available=memory))
        monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(total=disk, free=free))

    return has


@pytest.fixture
def files(tmp_path, configured):
    """Return a function that gives the configuration of six label maps of 4 cm on files, and their cohort."""
    for case in range(6):
        nifti.write(
            tmp_path / "maps" / "labels" / f"s{case}.nii.gz", np.ones((8, 8, 8), np.uint8), np.diag([5, 5, 5, 1])
        )
    chosen = ["cohort=folder", f"cohort.root={tmp_path / 'maps'}", "cohort.names={1: liver}", "cohort.ct=null"]
    chosen += ["cohort.splits={train: 4, val: 1, test: 0}", "test=none", f"paths.outputs={tmp_path / 'outputs'}"]

    def given(*overrides):
        config = configured(*chosen, *overrides)
        return config, cohorts.prepare(config, config.cohort, tmp_path / "stages")[0]

    return given


def test_files_are_counted_by_their_headers(files, machine):
    machine()
    capacity.check(*files())
    machine(disk=2 * 10**9)
    with pytest.raises(InputError, match=r"40000001 training volumes need at least 10 GB of disk, which holds 2"):
        capacity.check(*files("data.replicates=10000000"))


def test_a_case_that_a_finer_grid_makes_too_large_names_the_grid(files, machine):
    machine(memory=10**6)
    with pytest.raises(
        InputError, match=r"data\.spacing=0\.1: one of 6\.4e\+07 voxels needs at least 576 MB of memory"
    ):
        capacity.check(*files("data.spacing=0.1", "parallel.workers=1"))


def test_workers_are_no_more_than_there_is_to_do_and_all_at_once_have_to_fit(files, machine):
    machine(memory=1 * GIB)
    capacity.check(*files("parallel.workers=4000", "data.replicates=1"))
    with pytest.raises(InputError, match=r"parallel.workers=4000: 4000 processes .* set at most 10, or take a larger"):
        capacity.check(*files("parallel.workers=4000", "data.replicates=10000"))
    capacity.check(*files("parallel.workers=4000", "data.replicates=10000", "parallel.backend=threading"))


def test_a_full_disk_that_is_large_enough_passes_for_the_stages_may_lie_on_it(files, machine):
    machine(free=0)
    capacity.check(*files("data.replicates=1000"))


def test_noise_takes_more_of_the_disk_than_constants(files, machine):
    machine(disk=2 * 10**7)
    many = ("data.replicates=100000",)
    with pytest.raises(InputError, match="102 MB of disk"):
        capacity.check(*files(*many))
    for silent in ("scanner=none", "dose=none"):
        capacity.check(*files(*many, silent))


def test_a_step_on_a_card_is_looked_at_there(configured, machine, monkeypatch):
    machine()
    config = configured("trainer=unet", "trainer.batch=100000")
    with pytest.raises(InputError, match="a step of 100000 patches"):
        capacity.check(config, None)
    monkeypatch.setattr("labelct.trainer.device.runs_on_gpu", lambda device: True)
    capacity.check(config, None)


def test_another_machine_is_not_held_against_this_one(configured, machine, tmp_path):
    machine(memory=GIB)
    config = configured("trainer=unet", "trainer.batch=1000", f"paths.outputs={tmp_path}")
    preflight.check(config, here=False)
    with pytest.raises(InputError, match="a step of 1000 patches"):
        preflight.check(config)
    other = configured("trainer=unet", "trainer.batch=2", f"paths.outputs={tmp_path}")
    assert preflight.needs(config) != preflight.needs(other)


def test_limits_are_counted_and_a_cross_validation_has_none_on_its_cohort(configured, machine):
    machine(disk=10**9)
    many = ["cohort.train=100000", "limit.train=2"]
    capacity.check(configured(*many), None)
    with pytest.raises(InputError, match="100006 cases of cohort=phantom"):
        capacity.check(configured(*many, "evaluation.folds=2", "evaluation.fold=0"), None)
