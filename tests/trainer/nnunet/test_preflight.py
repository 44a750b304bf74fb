"""What the machine lacks is said before hours are spent, with the setting to change."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from labelct.errors import InputError, SettingError
from labelct.parallel import ParallelSettings
from labelct.trainer.face import DataSize
from labelct.trainer.nnunet import preflight
from labelct.trainer.nnunet.settings import NnunetSettings
from labelct.trainer.settings import DeviceSettings
from tests.trainer.conftest import task

SIZE = DataSize(volumes=8, voxels=1_000_000, total_voxels=8_000_000)
GB = 2**30


def cases_at_once(workers):
    return replace(task(NnunetSettings()), parallel=ParallelSettings(workers=workers))


class Usage:
    def __init__(self, free: int) -> None:
        self.free = free


def test_a_small_job_passes(tmp_path):
    preflight.check(cases_at_once(1), lambda: SIZE, tmp_path / "outputs")


def test_memory_names_the_workers_that_fit():
    case = SIZE.voxels * (preflight.CASE_BYTES + 24)
    with pytest.raises(SettingError, match=r"parallel\.workers=3"):
        preflight.check_memory(cases_at_once(8), SIZE, int(3.5 * case))
    preflight.check_memory(cases_at_once(3), SIZE, int(3.5 * case))


def test_one_case_too_large_asks_for_a_coarser_grid():
    with pytest.raises(SettingError, match=r"data\.spacing"):
        preflight.check_memory(cases_at_once(1), SIZE, 1000)


def test_no_more_workers_count_than_there_are_volumes():
    preflight.check_memory(cases_at_once(500), SIZE, 8 * SIZE.voxels * (preflight.CASE_BYTES + 24))


def test_shared_memory_of_a_container_is_too_small_for_workers(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(64 * 2**20))
    with pytest.raises(InputError, match="--shm-size"):
        preflight.check_shared(NnunetSettings(), 8, tmp_path)
    preflight.check_shared(NnunetSettings(), 0, tmp_path)
    preflight.check_shared(NnunetSettings(patch=[16, 16, 16]), 8, tmp_path)


def test_disk_that_is_too_small_names_size_and_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1 * GB))
    with pytest.raises(InputError, match=r"8 volumes need about 2 GB of disk, 1 GB are free; .*paths.outputs="):
        preflight.check_disk(SIZE, tmp_path / "not" / "yet")


def test_nnunet_that_is_not_installed_is_said_first(monkeypatch):
    monkeypatch.setattr("labelct.errors.find_spec", lambda module: None)
    with pytest.raises(InputError, match=r"^nnunetv2: is not installed; pip install nnunetv2"):
        preflight.check(task(NnunetSettings()), lambda: SIZE, Path())


def test_nnunet_does_not_spread_over_cpus():
    with pytest.raises(SettingError, match="device=cpu"):
        preflight.check_device(DeviceSettings(kind="ddp", accelerator="cpu", devices=2), NnunetSettings())


def test_a_gpu_that_is_not_there_is_said(monkeypatch):
    monkeypatch.setattr("labelct.trainer.device.why_not", lambda number: "no card is there")
    with pytest.raises(InputError, match="no card is there; set device=cpu"):
        preflight.check_device(DeviceSettings(kind="gpu"), NnunetSettings())


def test_every_gpu_needs_a_patch(monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 4)
    monkeypatch.setattr("labelct.trainer.device.why_not", lambda number: None)
    with pytest.raises(SettingError, match="4 or more"):
        preflight.check_device(DeviceSettings(kind="ddp", devices=0), NnunetSettings(batch=2))


def test_a_precision_that_nnunet_does_not_have_is_refused():
    preflight.check_device(DeviceSettings(precision="32"), NnunetSettings())
    with pytest.raises(SettingError, match="precision='16': allowed is auto or 32; nnU-Net's is its own"):
        preflight.check_device(DeviceSettings(precision="16"), NnunetSettings())


def test_few_workers_hold_many_volumes_and_many_hold_two():
    assert [preflight.in_hand(workers) for workers in (0, 1, 2, 4, 12)] == [8, 8, 4, 2, 2]


def test_memory_for_drawing_is_checked():
    preflight.check_drawing(SIZE, 2, 1, 2**30)
    with pytest.raises(SettingError, match=r"drawing volumes needs .* fewer device\.workers"):
        preflight.check_drawing(SIZE, 12, 1, 2**29)
