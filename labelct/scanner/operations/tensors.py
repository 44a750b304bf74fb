"""A scan's work on whole volumes as torch does it, where the tensors lie."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad


def host(values: Tensor) -> NDArray[Any]:
    """Return something small as a NumPy array; see `Operations.host`."""
    array: NDArray[Any] = values.cpu().numpy()
    return array


def like(values: Any, reference: Tensor) -> Tensor:
    """Return a tensor where `reference` is; see `Operations.like`."""
    return torch.as_tensor(values, device=reference.device)


def zeros(shape: Sequence[int], reference: Tensor) -> Tensor:
    """Return zeros where `reference` is; see `Operations.zeros`."""
    return torch.zeros(tuple(shape), device=reference.device)


def block_means(values: Tensor, factors: Sequence[int]) -> Tensor:
    """Return means over blocks; see `Operations.block_means`."""
    x, y, z = (-count % factor for count, factor in zip(values.shape, factors, strict=True))
    repeated = values[:, :, -1:].expand(-1, -1, z)
    full = pad(torch.cat([values, repeated], dim=2), (0, 0, 0, y, 0, x))
    shape = [part for count, factor in zip(full.shape, factors, strict=True) for part in (count // factor, factor)]
    return full.reshape(shape).mean(dim=(1, 3, 5))


def device_of(values: Tensor) -> AbstractContextManager[Any]:
    """Make the card of a tensor the current one; see `Operations.device_of`."""
    return torch.cuda.device_of(values)  # type: ignore[no-untyped-call]
