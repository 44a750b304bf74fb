"""What nnU-Net needs of the machine, checked before hours are spent."""

import math
import shutil
from collections.abc import Callable
from pathlib import Path

from labelct import memory
from labelct.errors import InputError, SettingError, check_installed
from labelct.parallel import cores
from labelct.trainer.device import processes, runs_on_gpu, worker_count
from labelct.trainer.face import DataSize, TrainingTask
from labelct.trainer.nnunet.settings import NnunetSettings
from labelct.trainer.settings import DeviceSettings

GB = 2**30
CASE_BYTES = 60  # a voxel at its peak: float64 as read, float32 twice, float64 in and out of the spline, labels
TARGET_BYTES = 12  # a voxel and class: the mask and its spline, float64 and float32, while labels are resampled
HELD_BYTES = 6  # a voxel of a drawn volume: float32, int8 labels, and where they are
MAP_BYTES = 3  # a voxel of a label map that is kept in memory, and of its CT
BATCH_BYTES = 7  # a voxel of a waiting batch: float32, int16 labels, and their coarser copies
IN_HAND = 8  # drawn volumes from which the patches of one device come in turn, as with the U-Net
DISK_BYTES = 14  # a voxel and volume: clean, scanned and preprocessed, compressed as far as noise can be
CHECKPOINT_GB = 1.5  # final, best, latest and a partial one: weights and momentum of 30 to 100 million parameters
PATCH = {"2d": (1, 512, 512), "3d_fullres": (128, 128, 128), "3d_lowres": (128, 128, 128)}
WAITING = 9  # batches beside two of each worker: what the training and the validation hold ready
BATCH = {"2d": 12, "3d_fullres": 2, "3d_lowres": 2}
SHARED = Path("/dev/shm")


def check(task: TrainingTask[NnunetSettings], size: Callable[[], DataSize], outputs: Path) -> None:
    """Raise where nnU-Net is not there, or memory, disk or devices are too small for it, with what to change."""
    check_installed("nnunetv2")
    device, needed = task.device, size()
    check_device(device, task.settings)
    check_memory(task, needed, memory.free())
    if task.volumes is not None:
        check_drawing(needed, worker_count(device), processes(device), memory.free())
    check_shared(task.settings, worker_count(device) * processes(device), SHARED)
    check_disk(needed, outputs)


def check_device(device: DeviceSettings, settings: NnunetSettings) -> None:
    """Raise `SettingError` where nnU-Net cannot train on `device`."""
    if device.kind == "ddp" and not runs_on_gpu(device):
        raise SettingError("accelerator", device.accelerator, "gpu", "nnU-Net spreads over GPUs alone: device=cpu")
    count, own = processes(device), "16" if runs_on_gpu(device) else "32"
    if device.precision not in ("auto", own):
        raise SettingError("device.precision", device.precision, f"auto or {own}", "nnU-Net's is its own")
    if settings.batch is not None and settings.batch < count:
        raise SettingError("batch", settings.batch, f"{count} or more", "each of the devices needs a patch")


def in_hand(workers: int) -> int:
    """Return how many drawn volumes each of the `workers` cuts patches from in turn: eight in all, but at least two."""
    return max(2, -(-IN_HAND // max(1, workers)))


def check_memory(task: TrainingTask[NnunetSettings], size: DataSize, available: int) -> None:
    """Raise `SettingError` where as many cases at once as there are workers do not fit into `available` bytes."""
    given = task.parallel.workers
    workers = min(given or cores(), size.volumes)
    case = size.voxels * (CASE_BYTES + TARGET_BYTES * (1 + len(task.targets)))
    if workers * case <= available:
        return
    need = f"{workers} cases at once need {workers * case / GB:.1f} GB of memory, {available / GB:.1f} GB are free"
    if available < case:
        raise SettingError("workers", given, "a larger machine", f"{need}; set data.spacing larger")
    raise SettingError("workers", given, f"{available // case}", f"{need}; set parallel.workers={available // case}")


def check_drawing(size: DataSize, workers: int, ranks: int, available: int) -> None:
    """Raise `SettingError` where the label maps, and the volumes in the hands of `workers`, do not fit into memory."""
    one = size.voxels * (CASE_BYTES + HELD_BYTES * in_hand(workers))
    need = ranks * (size.total_voxels * MAP_BYTES + max(1, workers) * one)
    if need > available:
        problem = f"drawing volumes needs {need / GB:.1f} GB of memory, {available / GB:.1f} GB are free"
        remedy = "set data.spacing larger, or fewer device.workers" if workers else "set data.spacing larger"
        raise SettingError("data.mode", "online", "offline", f"{problem}; {remedy}")


def check_shared(settings: NnunetSettings, workers: int, folder: Path) -> None:
    """Raise `InputError` where the batches that the workers hold ready do not fit into the shared memory."""
    if not workers or not folder.is_dir():
        return
    patch, batch = settings.patch or PATCH[settings.configuration], settings.batch or BATCH[settings.configuration]
    need = math.prod(patch) * batch * BATCH_BYTES * (2 * workers + WAITING)
    free = shutil.disk_usage(folder).free
    if free < need:
        problem = f"{workers} workers need {need / GB:.1f} GB of shared memory, {free / GB:.2f} GB are free"
        raise InputError(folder, problem, "start the container with a larger --shm-size, or set device.workers=0")


def check_disk(size: DataSize, outputs: Path) -> None:
    """Raise `InputError` where the volumes and checkpoints do not fit onto the disk of `outputs`."""
    there = next(path for path in (outputs.absolute(), *outputs.absolute().parents) if path.exists())
    need = size.total_voxels * DISK_BYTES + size.projections + int(CHECKPOINT_GB * GB)
    free = shutil.disk_usage(there).free
    if free < need:
        problem = f"{size.volumes} volumes need about {need / GB:.0f} GB of disk, {free / GB:.0f} GB are free"
        cache = "scanner.cache=false, " if size.projections else ""
        raise InputError(outputs, problem, f"free space, or set paths.outputs= elsewhere, {cache}or data.replicates=1")
