"""The CPU's backend: kernels compiled by numba, on all cores, with AVX-512 where the CPU has it."""

from labelct.scanner.backends.numba.backproject import reconstruct
from labelct.scanner.backends.numba.noise import measure
from labelct.scanner.backends.numba.projector import adjoint, forward, project
from labelct.scanner.backends.numba.refine import refine
from labelct.scanner.geometry import Array

__all__ = ["adjoint", "check", "forward", "host", "measure", "project", "reconstruct", "refine"]


def check() -> None:
    """Do nothing: every machine has a CPU."""


def host(block: Array) -> Array:
    """Return the block itself."""
    return block
