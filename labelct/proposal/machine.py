"""What this machine has for a training: cores, memory, a graphics card."""

from typing import NamedTuple

from labelct import memory
from labelct.accelerator import GIB, free_memory, why_not
from labelct.parallel import cores


class Machine(NamedTuple):
    """A machine.

    Attributes:
        cores: That this process may use.
        memory: Bytes of it.
        gpu_memory: Bytes of the first card that are free; 0 where none can be used.
    """

    cores: int
    memory: int
    gpu_memory: int = 0

    def described(self) -> str:
        """Return it in a few words."""
        card = f"a GPU with {self.gpu_memory / GIB:.0f} GiB" if self.gpu_memory else "no GPU"
        return f"{self.cores} core{'s' * (self.cores > 1)}, {self.memory / GIB:.0f} GiB, {card}"


def this_machine() -> Machine:
    """Return what this machine has."""
    return Machine(cores(), memory.total(), 0 if why_not() else free_memory())
