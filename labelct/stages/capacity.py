"""What a job needs of memory and disk at the very least, held against all that the machine has, from numbers alone."""

import dataclasses
import shutil
from collections.abc import Iterator, Sequence
from math import prod
from pathlib import Path
from typing import NamedTuple

from labelct import memory
from labelct.cohort.base import Cohort
from labelct.cohort.settings import SPLITS
from labelct.config import Config
from labelct.errors import InputError
from labelct.folders import deepest_there
from labelct.job_settings import LimitSettings
from labelct.phantom import cases as phantom
from labelct.phantom.settings import EmbeddedSettings
from labelct.stages import synthesis, training
from labelct.trainer.face import DataSize
from labelct.trainer.footprint import least_bytes
from labelct.upkeep import size

LOOKED_AT = 10  # headers of a cohort's files, which say how large its cases are
MAKING_BYTES = 9  # a voxel of a case that is made: float32 before and after resampling, and its label
DRAWN_BYTES = 0.1  # a voxel of a drawn case on disk: with the noise that its image usually has it is 1.2
VOLUME_BYTES, NOISY_BYTES = 0.02, 0.5  # of a training volume, of constants and of what noise is added to
PROCESS_BYTES = 100 << 20  # Python with numpy and scipy
LARGER = "or take a larger machine"


class Part(NamedTuple):
    """Files that a job makes.

    Attributes:
        number: How many cases or volumes.
        what: What they are.
        need: Bytes that all of them take at least.
        remedy: What to set.
    """

    number: int
    what: str
    need: float
    remedy: str


def check(config: Config, cohort: Cohort | None) -> None:
    """Raise where a job cannot fit on this machine, whatever else lies and runs on it; nothing is made.

    What passes may still not fit: the numbers leave out all that hangs on the data.

    Args:
        config: The experiment.
        cohort: Its cases where they are files; None where they are drawn.

    Raises:
        InputError: It needs more memory than there is, or the disk is smaller than what it makes.
    """
    there = memory.total()
    drawn = list(_drawn(config))
    for settings, part in drawn:
        _check_case(part.what, phantom.largest_grid(settings, None)[0], "fewer or larger voxels", there)
    volumes = _size(config, cohort)
    _check_case(f"data.spacing={config.data.spacing}", volumes.voxels, "data.spacing larger", there)
    parts = [*(part for _, part in drawn), _volumes(config, volumes)]
    _check_workers(config, max(part.number for part in parts), there)
    _check_step(config, there)
    _check_disk(Path(config.paths.outputs), parts)


def _drawn(config: Config) -> Iterator[tuple[EmbeddedSettings, Part]]:
    """Yield each cohort that is drawn, of the training, a test or a side of the translation, and its files."""
    limit = config.limit if config.evaluation.folds is None else LimitSettings()
    chosen = {"cohort": config.cohort, "translation.mr": config.translation.mr, "translation.ct": config.translation.ct}
    for name, settings in (chosen | {f"test.{name}": settings for name, settings in config.test.items()}).items():
        if isinstance(settings, EmbeddedSettings):
            counts = [min(n := getattr(settings, split), getattr(limit, split) or n) for split in SPLITS]
            need = DRAWN_BYTES * phantom.largest_grid(settings, None)[0] * sum(counts)
            what, keys = f"cases of {name}={settings.kind}", ", ".join(f"{name}.{split}" for split in SPLITS)
            yield settings, Part(sum(counts), what, need, f"set {keys} smaller")


def _size(config: Config, cohort: Cohort | None) -> DataSize:
    """Return the size of the training set, by some headers of cases that are files."""
    if cohort is None:
        assert isinstance(config.cohort, EmbeddedSettings)
        return training.size_foreseen(config, config.cohort)
    shown = cohort.train[:: -(-len(cohort.train) // LOOKED_AT)]
    some = training.size_of(config, dataclasses.replace(cohort, train=shown, val=()))
    volumes = len(cohort.train) * synthesis.copies(config) + len(cohort.val) * config.data.replicates_val
    return dataclasses.replace(some, volumes=volumes, total_voxels=some.total_voxels * volumes // some.volumes)


def _volumes(config: Config, volumes: DataSize) -> Part:
    noisy = config.data.is_scanned() and config.scanner.kind != "none" and not config.dose.noiseless
    each = NOISY_BYTES if noisy else VOLUME_BYTES
    return Part(
        volumes.volumes, "training volumes", each * volumes.total_voxels, "set data.replicates or limit.train smaller"
    )


def _check_case(name: str, voxels: int, larger: str, there: int) -> None:
    """Raise `InputError` where not a single case can be held."""
    if (need := voxels * MAKING_BYTES) > there:
        problem = f"one of {voxels:.3g} voxels needs at least {size(need)} of memory, {size(there)} are there"
        raise InputError(name, problem, f"set {larger}, {LARGER}")


def _check_workers(config: Config, most: int, there: int) -> None:
    """Raise `InputError` where the processes that work at once cannot be held."""
    settings, device = config.parallel, config.device
    asked = {f"parallel.workers={settings.workers}": min(settings.workers, most) if settings.backend == "loky" else 0}
    if device.kind == "ddp" and device.accelerator == "cpu":
        asked[f"device.devices={device.devices}"] = device.devices
    for name, processes in asked.items():
        if (need := processes * PROCESS_BYTES) > there:
            problem = f"{processes} processes need at least {size(need)} of memory, {size(there)} are there"
            raise InputError(name, problem, f"set at most {there // PROCESS_BYTES}, {LARGER}")


def _check_step(config: Config, there: int) -> None:
    """Raise `InputError` where a training step on the CPU cannot be held; a card's memory is looked at by itself."""
    from labelct.trainer.device import runs_on_gpu

    step = config.trainer.step
    if runs_on_gpu(config.device):
        return
    need = step.batch * least_bytes(prod(step.patch), step.features, 1 + len(config.targets))
    if need > there:
        shape = " x ".join(map(str, step.patch))
        problem = f"a step of {step.batch} patches of {shape} needs at least {size(need)} of memory"
        remedy = f"set trainer.batch or trainer.{step.key} smaller, {LARGER}"
        raise InputError(f"trainer={config.trainer.kind}", f"{problem}, {size(there)} are there", remedy)


def _check_disk(outputs: Path, parts: Sequence[Part]) -> None:
    """Raise `InputError` where the whole disk is smaller than what is made; stages of before may lie on it already."""
    there = shutil.disk_usage(deepest_there(outputs)).total
    if sum(part.need for part in parts) <= there:
        return
    most = max(parts, key=lambda part: part.need)
    told = next((part for part in parts if part.need > there), most)  # what is made of too many cases is many as well
    problem = f"{told.number} {told.what} need at least {size(told.need)} of disk, which holds {size(there)}"
    raise InputError(outputs, problem, f"{told.remedy}, or paths.outputs= elsewhere")
