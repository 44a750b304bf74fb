"""What a training takes in: batches of patches, by CPU workers or on the network's device, and validation volumes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from labelct.accelerator import free_memory
from labelct.dataset import TrainingSet
from labelct.trainer.ahead import Ahead
from labelct.trainer.device import processes, rank, runs_on_gpu, torch_device, worker_count
from labelct.trainer.drawn import OnlinePatches
from labelct.trainer.face import TrainingTask
from labelct.trainer.family import Family
from labelct.trainer.normalisation import IntensityProperties
from labelct.trainer.volumes import Form, LoadedCase, load_cases

SHARE = 3  # a third of a GPU's free memory may hold the training set; network and patches have the rest


@contextmanager
def batches(
    family: Family[Any], task: TrainingTask[Any], training_set: TrainingSet, model: dict[str, Any], start: int
) -> Iterator[Any]:
    """Yield the batches of this process, from step `start` on.

    Args:
        family: The kind of network.
        task: What is trained, and where.
        training_set: The stored cases; where volumes are drawn they are not read.
        model: What `model.json` holds.
        start: Steps done before.
    """
    device = task.device
    region = None if task.region is None else task.region.with_context()
    form = Form.of(model, region)
    cases = []
    if task.volumes is None:
        cases = load_cases(training_set.train, form, device.threads, "training volumes")
    on_device = samples_on_device(task, cases)
    if on_device:
        cases = [case.to(torch.device(torch_device(device))) for case in cases]
    properties, labels = _properties(model), model["labels"]
    volumes = task.volumes.on(torch_device(device)) if task.volumes is not None and on_device else task.volumes
    place = (model["seed"], start, rank(), processes(device))
    stored = family.batches(cases, task.settings, properties, model["spacing"], labels, *place)
    patches = stored if volumes is None else OnlinePatches(volumes, stored, processes(device), region)
    if on_device:
        with closing(Ahead(patches, torch.device(torch_device(device)))) as ahead:
            yield ahead
    else:
        yield DataLoader(patches, batch_size=None, num_workers=worker_count(device), pin_memory=runs_on_gpu(device))


def samples_on_device(task: TrainingTask[Any], cases: list[LoadedCase]) -> bool:
    """Return whether patches are cut, and volumes drawn, on the network's device rather than by CPU workers.

    Args:
        task: What is trained, and where.
        cases: The stored cases, which have to fit into the device's memory; none where volumes are drawn.
    """
    if task.device.sampling != "auto":
        return task.device.sampling == "device"
    if not runs_on_gpu(task.device):
        return False
    if task.volumes is not None:
        return not task.volumes.sampler.scans_on_cpu or worker_count(task.device) == 0
    return SHARE * sum(case.nbytes for case in cases) <= free_memory(rank())


def validation(task: TrainingTask[Any], training_set: TrainingSet, model: dict[str, Any]) -> Any:
    """Return the validation volumes of this process, those that hold most targets first; None where there are none.

    Of a training within a region these are the boxes that prediction looks at.
    """
    form = Form.of(model, task.region)
    cases = load_cases(training_set.val, form, task.device.threads, "validation volumes")
    cases = [case for case in cases if case.centres or task.region is None]
    cases = sorted(cases, key=lambda case: -len(case.centres))[: task.settings.validation_cases or None]
    if not cases:
        return None
    count, properties = processes(task.device), _properties(model)
    share = cases[rank() :: count] if len(cases) >= count else cases
    whole: Any = [_whole(case, properties) for case in share]
    return DataLoader(whole, batch_size=None, pin_memory=runs_on_gpu(task.device))


def _properties(model: dict[str, Any]) -> IntensityProperties | None:
    """Return the normalisation of a model; None where every volume has its own."""
    return None if model["intensity"] is None else IntensityProperties(**model["intensity"])


def _whole(case: LoadedCase, properties: IntensityProperties | None) -> tuple[Tensor, Tensor]:
    """Return a validation volume `(1, 1, x, y, z)`, normalised, with its labels."""
    known = properties or case.properties
    assert known is not None
    return known.standardised(case.hu)[None, None], case.labels[None, None]
