"""How much of a GPU's memory a training step takes at least, found without one, on tensors that hold no numbers."""

from __future__ import annotations

from labelct.accelerator import GIB, free_memory
from labelct.errors import InputError
from labelct.trainer.device import compiles, precision, rank, runs_on_gpu
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.unet.settings import UNetSettings

LONG = 1000  # steps: a compiled network has made up for a minute or two of compilation by then
LONG_MINUTES = 10.0


def pays(settings: UNetSettings) -> bool:
    """Return whether the training is long enough for its network to be compiled."""
    return settings.steps >= LONG and (settings.minutes is None or settings.minutes >= LONG_MINUTES)


def check_memory(device: DeviceSettings, settings: UNetSettings, classes: int) -> None:
    """Raise `InputError` where a GPU has less memory than a step takes at least.

    Args:
        device: Where the training runs; on a CPU nothing is checked.
        settings: Network, patch and batch.
        classes: Classes with the background.
    """
    if not runs_on_gpu(device):
        return
    need, free = least_memory(device, settings, classes), free_memory(rank())
    if need > free:
        size = " x ".join(map(str, settings.patch))
        asked = f"a step of {settings.batch} patches of {size} needs at least {need / GIB:.1f} GiB of the card's memory"
        remedy = "set trainer.batch or trainer.patch smaller, or take a larger card"
        raise InputError(f"device={device.kind}", f"{asked}, {free / GIB:.1f} GiB are free", remedy)


def least_memory(device: DeviceSettings, settings: UNetSettings, classes: int) -> int:
    """Return the bytes that a step holds at least: what the backward pass needs of the forward one, and the weights.

    What comes and goes within the step (gradients of activations, workspaces of convolutions) is not in it.

    Args:
        device: Its precision, and whether the network is compiled.
        settings: Network, patch, batch and optimiser.
        classes: Classes with the background.
    """
    activations, loss, weights = saved(settings, classes)
    if precision(device) != "32-true":
        activations //= 2
    if compiles(device, pays(settings)):
        activations //= 2  # norm and activation are computed again from the convolution's result
    states = 2 if settings.optimiser == "adamw" else 1
    return activations + loss + (2 + states) * weights


def saved(settings: UNetSettings, classes: int) -> tuple[int, int, int]:
    """Return the bytes in float32 that network and loss keep for the backward pass, and those of the weights."""
    import torch
    from torch.autograd.graph import saved_tensors_hooks

    from labelct.trainer.unet.network import DeepSupervisedLoss, build

    network = build(settings, classes).to("meta").train()
    weights = {parameter.untyped_storage()._cdata for parameter in network.parameters()}
    kept: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()._cdata
        if storage not in weights:
            kept[storage] = tensor
        return tensor

    def total() -> int:
        return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())

    image = torch.empty(settings.batch, 1, *settings.patch, device="meta")
    with saved_tensors_hooks(keep, lambda tensor: tensor):
        scores = network(image)
        activations = total()
        DeepSupervisedLoss()(scores, image.to(torch.uint8))
    parameters = sum(parameter.nbytes for parameter in network.parameters())
    return activations, total() - activations, parameters
