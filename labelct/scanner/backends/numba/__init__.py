"""The CPU's backend: kernels compiled by numba, on all cores, with AVX-512 where the CPU has it."""

import numpy as np

from labelct.scanner.backends.numba.backproject import reconstruct
from labelct.scanner.backends.numba.noise import measure
from labelct.scanner.backends.numba.projector import adjoint, forward, project
from labelct.scanner.backends.numba.refine import refine
from labelct.scanner.geometry import Array
from labelct.scanner.operations import Values

__all__ = ["adjoint", "check", "forward", "host", "measure", "project", "reconstruct", "refine", "within_reach"]


def check() -> None:
    """Do nothing: every machine has a CPU."""


def within_reach(values: Values) -> Array:
    """Bring a tensor to the host: the way of every volume on a device that this backend scans."""
    array: Array = values if isinstance(values, np.ndarray) else values.numpy(force=True)
    return array


def host(block: Array) -> Array:
    """Return the block itself."""
    return block
