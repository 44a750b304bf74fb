"""`labelct VERB` and `python -m labelct VERB`."""

import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module

from labelct import __version__

HOME = re.compile(r"^(--[\w-]+=|)~(?=/|$)")  # a shell expands `~/x`, but not `--model=~/x`
PIPE_CLOSED = 141  # what shells report of a command whose reader went away

VERBS = {
    "run": "label maps in, a trained network out, Dice on real CT; -m sweeps",
    "report": "gather the scores of many runs into one table, statistics and figures",
    "segment": "apply a trained network to CT files",
    "scan": "pass a CT volume through the simulated scanner",
    "priors": "HU priors of organs: fit them to CT, show them, check volumes against them",
    "store": "check the stages on disk against their recipes and digests",
    "replay": "make one volume of a training set again, bit for bit",
}


def usage() -> str:
    """Return the help text: a line for each verb."""
    lines = [f"  {verb:<9} {line}" for verb, line in VERBS.items()]
    return "\n".join(["usage: labelct VERB ...", "", *lines, "", "labelct VERB --help tells more."])


def main() -> None:
    """Run one verb and leave with its exit code."""
    verb, *rest = [HOME.sub(_home, argument) for argument in sys.argv[1:]] or [""]
    if verb in ("", "-h", "--help"):
        print(usage())
        sys.exit(0 if verb else 2)
    if verb == "--version":
        print(f"labelct {__version__}")
        sys.exit(0)
    if verb not in VERBS:
        from labelct.errors import did_you_mean

        remedy = did_you_mean(verb, VERBS) or "see labelct --help"
        print(f"labelct {verb}: no such verb; allowed is {', '.join(VERBS)}; {remedy}", file=sys.stderr)
        sys.exit(2)
    sys.argv = [f"labelct {verb}", *rest]
    end(run_verb(verb, rest))


def end(code: int) -> None:
    """Leave with an exit code; what that takes is imported here, and not before signals are handled."""
    from labelct.processes import leave

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
        return _run(verb, arguments)
    except KeyboardInterrupt:  # Ctrl-C also while the modules are still loading
        from labelct.processes import interrupted_code

        print(f"labelct {verb}: stopped", file=sys.stderr)
        return interrupted_code()


def _run(verb: str, arguments: Sequence[str]) -> int:
    """Run one verb; what it cannot do is one line."""
    from labelct.errors import LabelctError, refusal
    from labelct.parallel import openmp_wait_policy
    from labelct.processes import interrupt_on_signals

    openmp_wait_policy()
    interrupt_on_signals()
    try:
        try:
            code: int = import_module(f"labelct.commands.{verb}").main(arguments)
            return code
        finally:
            sys.stdout.flush()
    except LabelctError as error:
        print(f"labelct {verb}: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # `labelct priors show | head`: what is left unsaid, the interpreter would try to say once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except (OSError, ModuleNotFoundError) as error:
        if not (refused := refusal(error)):
            raise
        print(f"labelct {verb}: {refused}", file=sys.stderr)
        return 1


def _home(found: re.Match[str]) -> str:
    return found[1] + os.path.expanduser("~")


if __name__ == "__main__":
    main()
