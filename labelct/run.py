"""`python -m labelct.run`: one experiment, or with `-m` a sweep of them."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    # threads that spin while they wait slow a busy machine down two- to fourfold; read when torch is loaded
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from labelct.commands.run import main as run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
