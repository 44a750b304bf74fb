"""Whether anything large goes from a device to the host, or from the host to a device."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch

DOWN = ("cpu", "numpy", "tolist", "__array__", "to")
UP = ("from_numpy", "as_tensor", "tensor")


@contextmanager
def refused(least: int) -> Iterator[None]:
    """Let nothing of `least` values cross on behalf of the package; Triton's interpreter crosses as it likes."""
    with pytest.MonkeyPatch.context() as patch:
        for owner, names in ((torch.Tensor, DOWN), (torch, UP)):
            for name in names:
                patch.setattr(owner, name, _guarded(getattr(owner, name), name, least))
        yield


def _guarded(function: Callable[..., Any], name: str, least: int) -> Callable[..., Any]:
    def guarded(values: Any, *args: Any, **chosen: Any) -> Any:
        result = function(values, *args, **chosen)
        stays = isinstance(result, torch.Tensor) and isinstance(values, torch.Tensor) and result.device == values.device
        large = getattr(values, "size", 0) if not isinstance(values, torch.Tensor) else values.numel()
        if large >= least and not (stays and name != "cpu") and _asked_by_the_package():
            raise AssertionError(f"{name} of {large} values")
        return result

    return guarded


def _asked_by_the_package() -> bool:
    """Return whether the nearest caller outside torch and NumPy is the package."""
    frame = sys._getframe(2)
    while frame and frame.f_globals["__name__"].split(".")[0] in ("torch", "numpy"):
        frame = frame.f_back
    return bool(frame) and frame.f_globals["__name__"].startswith("labelct.")
