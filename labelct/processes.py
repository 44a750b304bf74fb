"""Processes: which are alive, and workers that end with their parent."""

import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
WATCH_S = 0.2  # an orphan writes no longer than that, unless it is deep in one call
START_TICKS = 21 - 2  # field 22 of /proc/PID/stat, counted behind the name: field 3 stands first


def describe(pid: int | None = None) -> dict[str, Any]:
    """Return what tells a process from every other one, by default this one: `host`, `pid` and `started`.

    `started` is in clock ticks since the machine's start, so that neither a number that is given out again nor a clock
    that is set back makes one process look like another; None where the system does not say.
    """
    number = os.getpid() if pid is None else pid
    return {"host": socket.gethostname(), "pid": number, "started": _started(number)}


def is_alive(process: Mapping[str, Any]) -> bool:
    """Return whether a process that `describe` described still runs; one of another machine is taken to."""
    if process.get("host", socket.gethostname()) != socket.gethostname():
        return True
    pid, started = int(process["pid"]), process.get("started")
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it is another user's
    found = _started(pid)
    return started is None or found == started


def _started(pid: int) -> int | None:
    """Return when a process started, in clock ticks since boot; None for one that has ended or on other systems."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[START_TICKS])


def wait_for_end_of(parent: int) -> None:
    """Wait until `parent`, the process that started this one, has ended."""
    while os.getppid() == parent:
        time.sleep(WATCH_S)


@dataclass(frozen=True)
class EndingWithParent(Generic[Item, Result]):
    """A function for workers that end with the process that started them, which may be killed and cannot end them.

    Attributes:
        function: What the workers call.
        parent: The process that starts them.
    """

    function: Callable[[Item], Result]
    parent: int

    def __call__(self, item: Item) -> Result:
        """Return `function(item)`; the first call in a worker begins to watch the parent."""
        if os.getpid() != self.parent:
            end_with(self.parent)
        return self.function(item)


def end_with(parent: int) -> None:
    """Let this process end soon after `parent`, the process that started it, however that ends."""

    def watch() -> None:
        wait_for_end_of(parent)
        os._exit(1)

    name = "end-with-parent"
    if not any(thread.name == name for thread in threading.enumerate()):
        threading.Thread(target=watch, name=name, daemon=True).start()


def end_children_with_this() -> None:
    """Let every process that is forked from this one end soon after it, however it ends.

    Workers of nnU-Net would otherwise wait for ever for a killed training to take their batches.
    """
    parent = os.getpid()

    def start() -> None:
        if os.getppid() == parent:
            end_with(parent)

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=start)
