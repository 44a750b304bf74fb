"""The scanner against its peers and against exact results: one table.

    python benchmarks/scanner.py --rtk-python PYTHON --xcist-python PYTHON   # everything, about 15 minutes on two cores
    python benchmarks/scanner.py --only accuracy noise                       # parts of it

The peers' Pythons have `itk-rtk` and `gecatsim`; without these options this Python is asked for them. The source
archive of gecatsim 1.6.9 builds once the line ends of `gecatsim/clib_build/BuildLinux64` are Unix ones.
"""

from __future__ import annotations

import argparse
import os
import sys

from rich.console import Console
from rich.table import Table
from scanner_quality import accuracy, noise
from scanner_speed import backprojection, forward, large, linear

PARTS = {
    "forward": forward,
    "backprojection": backprojection,
    "accuracy": accuracy,
    "noise": noise,
    "linear": linear,
    "large": large,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rtk-python", default=sys.executable, help="a Python that has itk-rtk")
    parser.add_argument("--xcist-python", default=sys.executable, help="a Python that has gecatsim")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="parts to run")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each timing; the fastest counts")
    parser.add_argument("--seeds", type=int, default=4, help="scans per noise spectrum")
    arguments = parser.parse_args()
    table = Table(
        "figure", "to reach", "found", title=f"scanner, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    for name in arguments.only:
        for row in PARTS[name](arguments):
            print(*row, sep=" | ", flush=True)
            table.add_row(*row)
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
