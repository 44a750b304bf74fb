"""What this machine's graphics card can do for us, and in one line why not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from labelct.errors import InputError

GIB = 2**30
Capability = tuple[int, int]  # of a card, as NVIDIA counts: (9, 0) is an H100


def why_not(minimum: Capability = (7, 0), number: int = 0) -> str | None:
    """Return why a card cannot be used, what was found and what is needed; None where it can.

    Asks the driver itself, so that a driver too old for torch's runtime is found before any work.

    Args:
        minimum: The least compute capability; what torch was built for counts as well.
        number: Of the card among the visible ones.
    """
    import torch

    if torch.version.cuda is None:
        return f"torch {torch.__version__} is built without CUDA, a build with CUDA is needed"
    try:
        torch.cuda.init()  # type: ignore[no-untyped-call]
    except (RuntimeError, AssertionError) as error:
        said = str(error).split(". ")[0].strip().replace("\n", " ")
        return f"{said}; a card and a driver for CUDA {torch.version.cuda} are needed"
    count = torch.cuda.device_count()
    if number >= count:
        return f"{count} CUDA cards are visible, number {number} is needed (CUDA_VISIBLE_DEVICES hides others)"
    found, least = torch.cuda.get_device_capability(number), max(minimum, _built_for())
    if found < least:
        name = torch.cuda.get_device_name(number)
        return f"{name} has compute capability {found[0]}.{found[1]}, {least[0]}.{least[1]} or more is needed"
    return None


def _built_for() -> Capability:
    """Return the least compute capability that torch has code for."""
    import torch

    numbers = [int(name[3:]) for name in torch.cuda.get_arch_list() if name.startswith("sm_") and name[3:].isdigit()]
    return (0, 0) if not numbers else divmod(min(numbers), 10)


def free_memory(number: int = 0) -> int:
    """Return the bytes of a card's memory that this process may take, what torch keeps for itself among them."""
    import torch

    free, _ = torch.cuda.mem_get_info(number)
    return free + torch.cuda.memory_reserved(number) - torch.cuda.memory_allocated(number)


@contextmanager
def within_memory(what: str, need: float, remedy: str) -> Iterator[None]:
    """Turn running out of a card's memory into one line.

    Args:
        what: The work, for the line.
        need: Bytes that it takes; 0: not known.
        remedy: What to set.

    Raises:
        InputError: The work inside ran out of memory.
    """
    import torch

    try:
        yield
    except torch.OutOfMemoryError as error:
        needed = f", about {need / GIB:.1f} GiB are needed" if need else ""
        problem = f"the card's memory is full ({free_memory() / GIB:.1f} GiB are free{needed})"
        raise InputError(what, problem, remedy) from error
