"""`python -m labelct.run`: one experiment, or with `-m` a sweep of them."""

import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    from labelct.parallel import openmp_wait_policy

    openmp_wait_policy()
    from labelct.commands.run import main as run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
