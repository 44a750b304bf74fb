"""How much memory a network takes at least to see one window, found on tensors that hold no numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import torch
from torch import Tensor, nn

from labelct.accelerator import GIB, free_memory
from labelct.errors import InputError

REMEDY = "take a model that sees less at once, or a machine with more memory"


def check_window(path: Path, network: nn.Module, window: Sequence[int], device: str, mixed: bool = False) -> None:
    """Raise `InputError` where one window through a model's network takes more memory than there is.

    A description asks for windows of any size, and on a CPU the process would be killed without a word.

    Args:
        path: The model's description, which is named.
        network: Built on torch's device `meta`, in evaluation mode.
        window: Channels and voxels `(channel, x, y[, z])` of what it sees at once.
        device: As torch calls it.
        mixed: Whether it works in half precision.
    """
    need = least_memory(network, window) // (2 if mixed else 1)
    on_card = torch.device(device).type == "cuda"
    there = free_memory(torch.device(device).index or 0) if on_card else psutil.virtual_memory().total
    if need > there:
        size = " x ".join(map(str, window[1:]))
        holder = "the card has free" if on_card else "this machine has"
        problem = f"a patch of {size} needs at least {need / GIB:.1f} GiB, {holder} {there / GIB:.1f}"
        raise InputError(path, problem, REMEDY)


def least_memory(network: nn.Module, window: Sequence[int]) -> int:
    """Return the bytes in float32 of what goes into and comes out of the largest layer of a network, for one window.

    Args:
        network: On torch's device `meta`.
        window: `(channel, x, y[, z])`.
    """
    most = 0

    def measure(layer: nn.Module, given: tuple[Any, ...], made: Any) -> None:
        nonlocal most
        most = max(most, sum(tensor.nbytes for tensor in (*given, made) if isinstance(tensor, Tensor)))

    layers = [layer for layer in network.modules() if isinstance(layer, nn.modules.conv._ConvNd)]
    hooks = [layer.register_forward_hook(measure) for layer in layers]
    try:
        with torch.inference_mode():
            network(torch.empty(1, *window, device="meta"))
    finally:
        for hook in hooks:
            hook.remove()
    return most
