"""Weights on their own, without what a training needs besides, in 32 or in 16 bits."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from labelct.errors import InputError
from labelct.writing import written

LARGEST_HALF = torch.finfo(torch.float16).max


def stored(weights: Mapping[str, Tensor], half: bool, path: Path) -> dict[str, Tensor]:
    """Return weights as they are stored; those that a network holds under two names stay one tensor.

    Args:
        weights: By name.
        half: As float16, which is half as large; whatever reads them computes in float32 all the same.
        path: The model, which is named.

    Raises:
        InputError: One of them is beyond what float16 holds.
    """
    dtype, shared, found = torch.float16 if half else torch.float32, {}, {}
    for name, value in weights.items():
        place = (value.data_ptr(), value.shape, value.stride())
        if place not in shared:
            if half and value.numel() and float(value.abs().max()) > LARGEST_HALF:
                raise InputError(path, f"its weights {name} are beyond {LARGEST_HALF:g}", "leave out --half")
            shared[place] = value.detach().cpu().to(dtype).contiguous().clone()
        found[name] = shared[place]
    return found


def save(path: Path, held: Mapping[str, Any]) -> None:
    """Write what `torch.load` reads, whole or not at all.

    Raises:
        InputError: The disk is full, or the folder cannot be written.
    """
    buffer = io.BytesIO()  # torch's own writer turns a full disk into an error that names nothing
    torch.save(dict(held), buffer)
    with written(path) as file:
        file.write(buffer.getbuffer())
