"""`labelct VERB` and `python -m labelct VERB`."""

import sys
from importlib import import_module

VERBS = {
    "run": "label maps in, a trained network out, Dice on real CT; -m sweeps",
    "report": "gather the scores of many runs into one table, statistics and figures",
    "segment": "apply a trained network to CT files",
    "scan": "pass a CT volume through the simulated scanner",
    "priors": "HU priors of organs: fit them to CT, show them, check volumes against them",
    "replay": "make one volume of a training set again, bit for bit",
}


def usage() -> str:
    """Return the help text: a line for each verb."""
    lines = [f"  {verb:<9} {line}" for verb, line in VERBS.items()]
    return "\n".join(["usage: labelct VERB ...", "", *lines, "", "labelct VERB --help tells more."])


def main() -> None:
    """Run one verb and leave with its exit code: 0 done, 1 bad input, 2 wrong usage."""
    from labelct.errors import LabelctError, did_you_mean
    from labelct.parallel import openmp_wait_policy

    openmp_wait_policy()
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help"):
        print(usage())
        sys.exit(0 if arguments else 2)
    verb, *rest = arguments
    if verb not in VERBS:
        remedy = did_you_mean(verb, VERBS) or "see labelct --help"
        print(f"labelct {verb}: no such verb; allowed is {', '.join(VERBS)}; {remedy}", file=sys.stderr)
        sys.exit(2)
    sys.argv = [f"labelct {verb}", *rest]
    try:
        sys.exit(import_module(f"labelct.commands.{verb}").main(rest))
    except LabelctError as error:
        print(f"labelct {verb}: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
