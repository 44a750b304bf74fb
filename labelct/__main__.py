"""`labelct VERB` and `python -m labelct VERB`."""

import os
import re
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TypeVar

from labelct import __version__
from labelct.signals import interrupt_on_signals, interrupted_code, leave
from labelct.streams import stand_in_for_closed, tell_any_name

HOME = re.compile(r"^(--[\w-]+=|)~(?=/|$)")  # a shell expands `~/x`, but not `--model=~/x`
Code = TypeVar("Code", int, int | None)
PIPE_CLOSED = 141  # what shells report of a command whose reader went away

VERBS = {
    "init": "look at a folder of label maps and write an experiment that trains on them",
    "run": "label maps in, a trained network out, Dice on real CT; -m sweeps",
    "report": "gather the scores of many runs into one table, statistics and figures",
    "segment": "apply a trained network to CT files",
    "export": "write a trained network to a folder that needs no other one, or for other tools",
    "scan": "pass a CT volume through the simulated scanner",
    "priors": "HU priors of organs: fit them to CT, show them, check volumes against them",
    "status": "which jobs run, wait, have finished or failed, and why",
    "dashboard": "lay out a project's view at Weights & Biases",
    "store": "list, check and clean up the stages on disk",
    "replay": "make one volume of a training set again, bit for bit",
}
FLAGS = ["", "  -V, --version", "  --completion bash|zsh|fish   what completes verbs, flags and options on TAB"]


def usage() -> str:
    """Return the help text: a line for each verb."""
    lines = [f"  {verb:<9} {line}" for verb, line in VERBS.items()]
    return "\n".join(["usage: labelct VERB ...", "", *lines, "", "labelct VERB --help tells more.", *FLAGS])


def main() -> None:
    """Run one verb and leave with its exit code."""
    name = "labelct"
    try:
        interrupt_on_signals()
        stand_in_for_closed()
        tell_any_name()
        verb, *rest = [HOME.sub(_home, argument) for argument in sys.argv[1:]] or [""]
        code = _in_a_line(name, lambda: _answered(verb, rest))
        if code is None:
            name = f"labelct {verb}"
            sys.argv = [name, *rest]
            code = run_verb(verb, rest)
    except KeyboardInterrupt:
        code = _stopped(name)
    leave(code)


def run_verb(verb: str, arguments: Sequence[str]) -> int:
    """Run one verb.

    Args:
        verb: One of `VERBS`.
        arguments: What stands behind it.

    Returns:
        The exit code: 0 done, 1 bad input or a disk that refuses, 2 wrong usage, 128 and its number for a signal.
    """
    try:
        interrupt_on_signals()
        stand_in_for_closed()
        tell_any_name()
        return _run(verb, arguments)
    except KeyboardInterrupt:  # Ctrl-C also while the modules are still loading
        return _stopped(f"labelct {verb}")


def _answered(verb: str, rest: Sequence[str]) -> int | None:
    """Answer what needs no verb, and return the exit code; None for a verb."""
    if verb in ("", "-h", "--help"):
        print(usage())
        return 0 if verb else 2
    if verb in ("-V", "--version"):
        print(f"labelct {__version__}")
        return 0
    if verb in ("--completion", "--complete"):
        code: int = import_module("labelct.commands.completion").main([verb, *rest], VERBS)
        return code
    if verb in VERBS:
        return None
    from labelct.errors import did_you_mean

    remedy = did_you_mean(verb, VERBS) or "see labelct --help"
    print(f"labelct {verb}: no such verb; allowed is {', '.join(VERBS)}; {remedy}", file=sys.stderr)
    return 2


def _stopped(name: str) -> int:
    """Say that a command was stopped, and return its exit code."""
    print(f"{name}: stopped", file=sys.stderr)
    return interrupted_code()


def _run(verb: str, arguments: Sequence[str]) -> int:
    from labelct import caches
    from labelct.folders import check_launch_folder
    from labelct.parallel import check_threads, openmp_wait_policy

    openmp_wait_policy()
    caches.find_room()

    def work() -> int:
        check_launch_folder()
        check_threads()
        code: int = import_module(f"labelct.commands.{verb}").main(arguments)
        return code

    return _in_a_line(f"labelct {verb}", work)


def _in_a_line(name: str, work: Callable[[], Code]) -> Code | int:
    """Return the exit code of some work; what it cannot do is one line."""
    from labelct.errors import LabelctError, refusal

    try:
        try:
            return work()
        finally:
            sys.stdout.flush()
    except LabelctError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # `labelct priors show | head`: what is left unsaid, the interpreter would try to say once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except (OSError, ModuleNotFoundError) as error:
        if not (refused := refusal(error, place="a file or standard output")):
            raise
        print(f"{name}: {refused}", file=sys.stderr)
        return 1


def _home(found: re.Match[str]) -> str:
    return found[1] + os.path.expanduser("~")


if __name__ == "__main__":
    main()
