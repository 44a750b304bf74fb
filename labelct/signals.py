"""Signals that end a command as Ctrl-C does: handled from its first moment, so that nothing heavy is imported here."""

import atexit
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from types import FrameType
from typing import NoReturn

SIGNALLED = 128  # shells report a command that a signal ended by this and the signal's number
LEAVING_S = 5.0  # what tidies up at the end of an interrupted command has done so by then, or hangs
SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))

_received = int(signal.SIGINT)
_interrupted = False


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

    Python takes its modules apart at its end, seconds of work where torch was loaded (ten times as long on a busy
    machine), and reports every interrupt that went through an `exec` as SIGINT's. Here its threads end, what was to be
    done at exit is done, and the process is gone. It waits for threads, too, of which an interrupted command may have
    left one that nobody ends any more.
    """
    if code < SIGNALLED:
        if _watched():
            sys.exit(code)
        try:
            threading._shutdown()  # type: ignore[attr-defined]
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
        except KeyboardInterrupt:
            code = interrupted_code()
        except (OSError, ValueError):  # Python says what it could not print, and changes the code
            sys.exit(code)
        else:
            os._exit(code)
    _leave_soon(code)


def _leave_soon(code: int) -> NoReturn:
    """End this process with the exit code of a signal, without its threads."""

    def end_late() -> None:
        time.sleep(LEAVING_S)
        os._exit(code)

    threading.Thread(target=end_late, name="end-late", daemon=True).start()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _watched() -> bool:
    """Return whether a profiler or debugger follows this process, which tells what it saw after an ordinary end."""
    monitoring = getattr(sys, "monitoring", None)  # from Python 3.12 on
    tools = (monitoring.get_tool(number) for number in range(6)) if monitoring else ()
    return sys.getprofile() is not None or sys.gettrace() is not None or any(tools)
