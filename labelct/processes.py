"""Processes: which are alive, workers that end with their parent, and signals that end a command as Ctrl-C does."""

import atexit
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Generic, NoReturn, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
SIGNALLED = 128  # shells report a command that a signal ended by this and the signal's number
LEAVING_S = 5.0  # what tidies up at the end of an interrupted command has done so by then, or hangs
WATCH_S = 0.2  # an orphan writes no longer than that, unless it is deep in one call
START_TICKS = 21 - 2  # field 22 of /proc/PID/stat, counted behind the name: field 3 stands first
SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))

_received = int(signal.SIGINT)
_interrupted = False


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


def interrupt_on_signals() -> None:
    """Let SIGTERM and SIGHUP raise `KeyboardInterrupt` as Ctrl-C does; a second one of a kind ends the process at once.

    Where one is ignored, as under nohup, it stays so. A forked process takes it as one that has no handler.
    """
    owner = os.getpid()

    def interrupt(number: int, frame: FrameType | None) -> None:
        global _received, _interrupted
        signal.signal(number, signal.SIG_DFL)
        if os.getpid() != owner:
            os.kill(os.getpid(), number)
            return
        _received, _interrupted = number, True
        raise KeyboardInterrupt

    for number in SIGNALS:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, interrupt)


def check_interrupted() -> None:
    """Raise `KeyboardInterrupt` again where the command goes on although a signal has ended it.

    Python drops one that is raised in a destructor or a callback, and packages catch it by a bare `except` while they
    are imported: the command would work on as if nobody had asked it to end.
    """
    global _interrupted
    if _interrupted and threading.current_thread() is threading.main_thread():
        _interrupted = False
        raise KeyboardInterrupt


def interrupted_by() -> signal.Signals:
    """Return the signal that the last `KeyboardInterrupt` came from."""
    return signal.Signals(_received)


def interrupted_code() -> int:
    """Return the exit code of a command that a signal ended, as shells report it: 130 for Ctrl-C, 143 for SIGTERM."""
    return SIGNALLED + _received


def leave(code: int) -> NoReturn:
    """End this process with an exit code; one that a signal ended waits for nothing that may never come.

    Python waits at its end for threads, of which an interrupted command may have left one that nobody ends any more,
    and reports every interrupt that went through an `exec` as SIGINT's.
    """
    if code < SIGNALLED:
        sys.exit(code)

    def end_late() -> None:
        time.sleep(LEAVING_S)
        os._exit(code)

    threading.Thread(target=end_late, name="end-late", daemon=True).start()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
