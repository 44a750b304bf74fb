"""`python -m labelct.run`: one experiment, or with `-m` a sweep of them."""

import sys

from labelct.__main__ import run_verb
from labelct.signals import leave


def main() -> None:
    """Run the command line and leave with its exit code."""
    leave(run_verb("run", sys.argv[1:]))


if __name__ == "__main__":
    main()
