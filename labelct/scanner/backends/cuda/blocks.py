"""How kernels share out rays and their rows: some rays a program, their rows, contiguous in memory, in the lanes."""

# mypy: allow-untyped-defs, allow-incomplete-defs

from dataclasses import dataclass
from typing import Any

import triton
import triton.language as tl

from labelct.scanner.backends.cuda.device import INTERPRETED

ROWS = 32  # of a program at most: a warp, which reads the places of neighbouring rows together
CELLS = 2**15 if INTERPRETED else 512  # of a program; the interpreter's cost is by the operation, not by the cell
WARPS = 4  # of a program: four cells a thread, sixteen loads in flight
FUSED = {"enable_fp_fusion": True}  # a b + c in one step, which Triton's later versions ask for


@triton.jit
def place(rows, RAYS: tl.constexpr, ROWS: tl.constexpr):
    """Return the rays and rows of a program, in a grid from `Blocks.grid`."""
    blocks = tl.cdiv(rows, ROWS)
    program = tl.program_id(0)
    return program // blocks * RAYS + tl.arange(0, RAYS), program % blocks * ROWS + tl.arange(0, ROWS)


@dataclass(frozen=True)
class Blocks:
    """Programs of a kernel.

    Attributes:
        grid: Their number, as Triton wants it.
        options: Rays and rows of a program, powers of two, by the names of the kernels' arguments; Triton's options.
    """

    grid: tuple[int]
    options: dict[str, Any]

    @classmethod
    def of(cls, rays: int, rows: int) -> "Blocks":
        """Return the programs for all rows of some rays."""
        per_ray = min(ROWS, triton.next_power_of_2(rows))
        per_program = CELLS // per_ray
        grid = (triton.cdiv(rays, per_program) * triton.cdiv(rows, per_ray),)
        return cls(grid, {"RAYS": per_program, "ROWS": per_ray, "num_warps": WARPS, **FUSED})
