"""What the machine lacks is said before hours are spent, with the setting to change."""

import shutil

import numpy as np
import pytest
from labelct.trainer.nnunet_settings import NnunetSettings

from labelct.cohort.open import open_cohort
from labelct.commands import compose
from labelct.errors import InputError, SettingError
from labelct.io import nifti
from labelct.parallel import ParallelSettings
from labelct.stages import training
from labelct.trainer import nnunet_preflight as preflight
from labelct.trainer.settings import DeviceSettings

LOAD = preflight.Load(volumes=8, voxels=1_000_000, total_voxels=8_000_000, targets=1)
GB = 2**30


class Usage:
    def __init__(self, free: int) -> None:
        self.free = free


def test_a_small_job_passes(tmp_path):
    preflight.check(LOAD, NnunetSettings(), DeviceSettings(), ParallelSettings(workers=1), tmp_path / "outputs")


def test_memory_names_the_workers_that_fit():
    case = LOAD.voxels * (preflight.CASE_BYTES + 24)
    with pytest.raises(SettingError, match=r"parallel\.workers=3"):
        preflight.check_memory(LOAD, ParallelSettings(workers=8), int(3.5 * case))
    preflight.check_memory(LOAD, ParallelSettings(workers=3), int(3.5 * case))


def test_one_case_too_large_asks_for_a_coarser_grid():
    with pytest.raises(SettingError, match=r"data\.spacing"):
        preflight.check_memory(LOAD, ParallelSettings(workers=1), 1000)


def test_no_more_workers_count_than_there_are_volumes():
    preflight.check_memory(LOAD, ParallelSettings(workers=500), 8 * LOAD.voxels * (preflight.CASE_BYTES + 24))


def test_shared_memory_of_a_container_is_too_small_for_workers(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(64 * 2**20))
    with pytest.raises(InputError, match="--shm-size"):
        preflight.check_shared(NnunetSettings(), 8, tmp_path)
    preflight.check_shared(NnunetSettings(), 0, tmp_path)
    preflight.check_shared(NnunetSettings(patch=[16, 16, 16]), 8, tmp_path)


def test_disk_that_is_too_small_names_size_and_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1 * GB))
    with pytest.raises(InputError, match=r"8 volumes need about 2 GB of disk, 1 GB are free; .*paths.outputs="):
        preflight.check_disk(LOAD, tmp_path / "not" / "yet")


def test_nnunet_does_not_spread_over_cpus():
    with pytest.raises(SettingError, match="device=cpu"):
        preflight.check_device(DeviceSettings(kind="ddp", accelerator="cpu", devices=2), NnunetSettings())


def test_a_gpu_that_is_not_there_is_said(monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    with pytest.raises(SettingError, match="device=cpu"):
        preflight.check_device(DeviceSettings(kind="gpu"), NnunetSettings())


def test_every_gpu_needs_a_patch(monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 4)
    with pytest.raises(SettingError, match="4 or more"):
        preflight.check_device(DeviceSettings(kind="ddp", devices=0), NnunetSettings(batch=2))


def test_workers_leave_a_core_to_the_training(monkeypatch):
    monkeypatch.setattr(preflight, "cores", lambda: 4)
    assert preflight.augmenters(DeviceSettings(workers=8)) == 3
    assert preflight.augmenters(DeviceSettings(workers=0)) == 0


def test_free_memory_is_positive():
    assert preflight.memory() > 0


@pytest.fixture(scope="module")
def totalsegmentator(tmp_path_factory):
    """A folder laid out like TotalSegmentator v1, of the paper's size, with tiny volumes."""
    root = tmp_path_factory.mktemp("totalsegmentator")
    mask, affine = np.zeros((6, 6, 6), np.uint8), np.diag([1.5, 1.5, 1.5, 1.0])
    mask[2:4, 2:4, 2:4] = 1
    for number in range(64 + 17 + 44):
        folder = root / f"s{number:04d}"
        nifti.write(folder / "ct.nii.gz", np.zeros(mask.shape, np.float32), affine)
        for name in ("liver", "spleen", "heart_atrium_left"):
            nifti.write(folder / "segmentations" / f"{name}.nii.gz", mask, affine)
    return root


def test_the_papers_table_composes_and_its_preflight_passes(configured, totalsegmentator, tmp_path):
    given = [f"cohort.root={totalsegmentator}", f"texture.root={tmp_path}", f"paths.outputs={tmp_path}", "device=cpu"]
    arms = ["experiment=table1", "data=clinical,synth1,synth2,synth3", *given]
    assert compose.check(arms, multirun=True) == 4
    config = configured("experiment=table1", *given)
    assert (config.trainer.kind, config.trainer.epochs, config.scanner.kind) == ("nnunet", 4000, "helical")
    cohort = open_cohort(config.cohort)
    assert [len(getattr(cohort, split)) for split in ("train", "val", "test")] == [64, 17, 44]
    training.check(config, cohort)


def test_kept_projections_count_as_disk(configured, totalsegmentator, tmp_path, monkeypatch):
    given = [f"cohort.root={totalsegmentator}", f"texture.root={tmp_path}", f"paths.outputs={tmp_path}", "device=cpu"]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(50 * GB))
    config = configured("experiment=table1", "scanner.cache=true", *given)
    with pytest.raises(InputError, match=r"273 volumes need about .*scanner\.cache=false"):
        training.check(config, open_cohort(config.cohort))
    clinical = configured("experiment=table1", "scanner.cache=true", "data=clinical", *given)
    training.check(clinical, open_cohort(clinical.cohort))
