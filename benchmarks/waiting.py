"""How long threads that wait should spin: seconds a training step, on an idle machine and beside a busy process.

    python benchmarks/waiting.py --threads 2

trains the network of `trainer=unet_coarse` on random patches, once for each setting of the OpenMP runtime, in a process
of its own. The setting changes no result, only when it comes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time

from labelct.parallel import SPINS

SETTINGS: dict[str, dict[str, str]] = {
    "sleep at once": {"OMP_WAIT_POLICY": "PASSIVE"},
    f"{SPINS} turns (labelct)": {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": str(SPINS)},
    "10000 turns": {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "10000"},
    "30000 turns": {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "30000"},
    "OMP_WAIT_POLICY=ACTIVE": {"OMP_WAIT_POLICY": "ACTIVE"},
}
CLASSES = 8
BUSY = "while True: pass"


def seconds(threads: int, steps: int) -> float:
    """Return the seconds of one training step."""
    import torch

    from labelct.trainer.layout import channels_last
    from labelct.trainer.unet.family import UNET
    from labelct.trainer.unet.network import DeepSupervisedLoss
    from labelct.trainer.unet.settings import UNetSettings

    torch.set_num_threads(threads)
    settings = UNetSettings(patch=[48, 48, 48], deep_supervision=1)
    network, loss = channels_last(UNET.build(settings, CLASSES)), DeepSupervisedLoss()
    optimiser = torch.optim.AdamW(network.parameters(), 1e-3)
    image = channels_last(torch.randn(settings.batch, 1, *settings.patch))
    labels = torch.randint(0, CLASSES, image.shape, dtype=torch.uint8)

    def train(count: int) -> None:
        for _ in range(count):
            optimiser.zero_grad()
            loss(network(image), labels).backward()
            optimiser.step()

    train(2)
    began = time.perf_counter()
    train(steps)
    return (time.perf_counter() - began) / steps


def measured(setting: dict[str, str], arguments: argparse.Namespace, busy: int) -> float:
    """Return the seconds of a step in a process with `setting`, beside `busy` processes that do nothing but run."""
    others = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(busy)]
    try:
        command = [sys.executable, __file__, "--one", f"--threads={arguments.threads}", f"--steps={arguments.steps}"]
        return float(subprocess.run(command, check=True, capture_output=True, env=os.environ | setting).stdout)
    finally:
        for other in others:
            other.kill()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(seconds(arguments.threads, arguments.steps))
        return
    print("| threads that wait | idle machine, s a step | beside one busy process |\n|---|---|---|")
    for name, setting in SETTINGS.items():
        idle, beside = (measured(setting, arguments, busy) for busy in (0, 1))
        print(f"| {name} | {idle:.2f} | {beside:.2f} |", flush=True)


if __name__ == "__main__":
    main()
