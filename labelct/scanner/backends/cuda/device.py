"""Where the backend's tensors lie, and whether they can: a card, or a CPU on which Triton interprets the kernels.

`TRITON_INTERPRET=1`, set before Python starts, runs the very same kernels on NumPy, thousands of times slower: for
tests on machines without a card. Nothing chooses it by itself.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelct.accelerator import why_not
from labelct.errors import SettingError
from labelct.scanner.geometry import Array
from labelct.scanner.operations import Values

if TYPE_CHECKING:
    from torch import Tensor

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"
MINIMUM = (7, 0)  # compute capability that Triton compiles for
REMEDY = "set scanner.backend=numba, the CPU's"


def check() -> None:
    """Raise `SettingError` where this machine has no card that the backend runs on."""
    if find_spec("triton") is None:
        problem: str | None = "Triton is not installed (torch for Linux brings it)"
    else:
        problem = None if INTERPRETED else why_not(MINIMUM)
    if problem is not None:
        raise SettingError("scanner.backend", "cuda", f"numba here: {problem}", REMEDY)


def name() -> str:
    """Return torch's name of the device."""
    return "cpu" if INTERPRETED else "cuda"


def on_device(array: Any) -> Tensor:
    """Return an array or a tensor as a contiguous tensor of float32 on the device; itself where it is that already."""
    import torch

    if isinstance(array, np.ndarray):
        array = torch.from_numpy(np.require(array, np.float32, ["C", "W"]))  # a file in memory cannot be written to
    return array.to(name(), torch.float32).contiguous()


def table(values: NDArray[Any]) -> Tensor:
    """Return numbers of the geometry as a tensor on the device, in the precision they have."""
    import torch

    return torch.from_numpy(np.ascontiguousarray(values)).to(name())


def within_reach(values: Values) -> Values:
    """Return the values themselves: arrays and tensors are both taken; see `Backend.within_reach`."""
    return values


def as_given(result: Tensor, given: Values) -> Values:
    """Return a result as a NumPy array where one was given, else as a tensor where the given one lies."""
    return host(result) if isinstance(given, np.ndarray) else result.to(given.device)


def host(block: Any) -> Array:
    """Return a block of views as a NumPy array; see `Backend.host`."""
    return block if isinstance(block, np.ndarray) else block.cpu().numpy()
