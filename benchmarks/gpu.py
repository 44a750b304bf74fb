"""What a CUDA card makes of the work: exactness against the CPU, then times, and what share of the bound they are.

    python benchmarks/gpu.py --data DATA --out gpu.json     # about eight minutes on an H100
    python benchmarks/gpu.py --only exact scanner           # parts of it

DATA is the folder of real test data; without it the synthesis and the training, which read its label maps, are left
out. Times are medians by the card's own clock after a warm-up, the second-level cache emptied before each. The CPU's
are those of two of its cores, as everywhere else in the documentation. Peers that are not installed are told:
`pip install astra-toolbox diffct`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from gpu_scanner import clinical, exact, scanner
from gpu_training import synthesis, training
from rich.console import Console
from rich.table import Table

from labelct.accelerator import why_not

PARTS = {"exact": exact, "scanner": scanner, "clinical": clinical, "synthesis": synthesis, "training": training}


@dataclass(frozen=True)
class Card:
    """What the card can do at most, measured in this run.

    Attributes:
        name: As its driver calls it.
        bandwidth: Bytes read and written a second by a copy of 2 GiB.
        arithmetic: Operations a second in float32, without tensor cores, by a product of matrices.
    """

    name: str
    bandwidth: float
    arithmetic: float

    @classmethod
    def measured(cls) -> Card:
        from triton.testing import do_bench

        source = torch.empty(2**29, device="cuda")
        target = torch.empty_like(source)
        copy = do_bench(lambda: target.copy_(source), return_mode="median") / 1e3
        edge = 8192
        left, right = torch.randn(2, edge, edge, device="cuda")
        torch.set_float32_matmul_precision("highest")
        product = do_bench(lambda: left @ right, return_mode="median") / 1e3
        return cls(torch.cuda.get_device_name(), 2 * source.nbytes / copy, 2 * edge**3 / product)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of the real test data")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="parts to run")
    parser.add_argument("--minutes", type=float, default=2.0, help="how long the training of the preset is watched")
    parser.add_argument("--out", type=Path, help="JSON file of the rows")
    arguments = parser.parse_args()
    if problem := why_not():
        raise SystemExit(f"benchmarks/gpu.py: {problem}")
    card = Card.measured()
    title = f"{card.name}: copies {card.bandwidth / 1e12:.2f} TB/s, float32 {card.arithmetic / 1e12:.0f} TFLOP/s"
    table, rows = Table("figure", "to reach", "found", title=title), []
    for row in _rows(arguments, card):
        print(*row, sep=" | ", flush=True)
        table.add_row(*row)
        rows.append(dict(zip(("figure", "to reach", "found"), row, strict=True)))
        if arguments.out:
            arguments.out.write_text(json.dumps({"card": asdict(card), "rows": rows}, indent=1), encoding="utf-8")
    Console(width=150).print(table)


def _rows(arguments: argparse.Namespace, card: Card) -> Iterator[tuple[str, str, str]]:
    for name in arguments.only:
        try:
            yield from PARTS[name](arguments, card)
        except Exception as error:  # the parts behind it are worth their minutes all the same
            yield name, "", f"failed: {type(error).__name__}: {error}"


if __name__ == "__main__":
    main()
