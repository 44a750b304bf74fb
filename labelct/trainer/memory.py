"""How much of a GPU's memory a training step takes at least, found without one, on tensors that hold no numbers."""

from __future__ import annotations

from typing import Any

from labelct.accelerator import GIB, free_memory
from labelct.errors import InputError
from labelct.trainer.device import compiles, precision, rank, runs_on_gpu
from labelct.trainer.face import TrainingTask
from labelct.trainer.family import Family
from labelct.trainer.settings import DeviceSettings, LoopSettings

LONG = 1000  # steps: a compiled network has made up for a minute or two of compilation by then
LONG_MINUTES = 10.0


def pays(settings: LoopSettings) -> bool:
    """Return whether the training is long enough for its network to be compiled; one by epochs (`steps` 0) is."""
    many = settings.steps >= LONG or not settings.steps
    return many and (settings.minutes is None or settings.minutes >= LONG_MINUTES)


def check_memory(family: Family[Any], task: TrainingTask[Any]) -> None:
    """Raise `InputError` where a GPU has less memory than a step takes at least.

    Args:
        family: The kind of network.
        task: What shall be trained, and where; on a CPU nothing is checked.
    """
    device, settings = task.device, task.settings
    if not runs_on_gpu(device):
        return
    need, free = least_memory(family, device, settings, 1 + len(task.targets)), free_memory(rank())
    if need > free:
        size = " x ".join(map(str, family.patch(settings)[1:]))
        asked = f"a step of {settings.batch} patches of {size} needs at least {need / GIB:.1f} GiB of the card's memory"
        remedy = f"set trainer.batch or trainer.{settings.step.key} smaller, or take a larger card"
        raise InputError(f"device={device.kind}", f"{asked}, {free / GIB:.1f} GiB are free", remedy)


def least_memory(family: Family[Any], device: DeviceSettings, settings: LoopSettings, classes: int) -> int:
    """Return the bytes that a step holds at least: what the backward pass needs of the forward one, and the weights.

    What comes and goes within the step (gradients of activations, workspaces of convolutions) is not in it.

    Args:
        family: The kind of network.
        device: Its precision, and whether the network is compiled.
        settings: Network, patch, batch and optimiser.
        classes: Classes with the background.
    """
    activations, loss, weights = saved(family, settings, classes)
    if precision(device) != "32-true":
        activations //= 2
    if compiles(device, pays(settings)):
        activations //= 2  # norm and activation are computed again from the convolution's result
    states = 1 if settings.optimiser == "sgd" else 2
    return activations + loss + (2 + states) * weights


def saved(family: Family[Any], settings: LoopSettings, classes: int) -> tuple[int, int, int]:
    """Return the bytes in float32 that network and loss keep for the backward pass, and those of the weights."""
    import torch
    from torch.autograd.graph import saved_tensors_hooks

    network = family.build(settings, classes).to("meta").train()
    weights = {parameter.untyped_storage()._cdata for parameter in network.parameters()}
    kept: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()._cdata
        if storage not in weights:
            kept[storage] = tensor
        return tensor

    def total() -> int:
        return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())

    channels, *shape = family.patch(settings)
    image = torch.empty(settings.batch, channels, *shape, device="meta")
    labels = torch.empty(settings.batch, 1, *shape, device="meta", dtype=torch.uint8)
    with saved_tensors_hooks(keep, lambda tensor: tensor):
        scores = network(image)
        activations = total()
        family.loss(None)(scores, labels)
    parameters = sum(parameter.nbytes for parameter in network.parameters())
    return activations, total() - activations, parameters
