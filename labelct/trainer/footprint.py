"""Whether the window of a model, whoever made it, fits into the memory of this machine, before anything is loaded."""

import math
from collections.abc import Sequence
from pathlib import Path

from labelct import memory
from labelct.accelerator import GIB
from labelct.errors import InputError

FLOAT_BYTES = 4


def least_bytes(voxels: int, features: int, classes: int) -> int:
    """Return the bytes that a patch takes in a forward pass at least.

    They are those of the input and output of a convolution at the finest level, and of the class scores.

    Args:
        voxels: Of the patch.
        features: Feature maps of the finest level.
        classes: Classes with the background.
    """
    return FLOAT_BYTES * voxels * (2 * features + classes)


def check_window(path: Path, name: str, patch: Sequence[int], features: int, classes: int) -> None:
    """Raise `InputError` where one window holds more than the whole memory of the machine.

    Args:
        path: What describes the model, which is named.
        name: The key of the patch there.
        patch: Voxels along each axis.
        features: Feature maps of the finest level.
        classes: Classes with the background.
    """
    least = least_bytes(math.prod(patch), features, classes)
    there = memory.total()
    if least > there:
        side = int((there / least_bytes(1, features, classes)) ** (1 / len(patch)))
        problem = f"its {name} is {list(patch)}, of which one window needs at least {least / GIB:.0f} GiB of memory"
        allowed = f"{there / GIB:.0f} GiB are there, for about {side} along each axis"
        raise InputError(path, f"{problem}, {allowed}", "take a larger machine, or train with a smaller patch")
