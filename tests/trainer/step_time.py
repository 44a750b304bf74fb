"""How long a training step takes on a card, for tests and benchmarks."""

from itertools import pairwise

import numpy as np
import torch

from labelct.trainer.module import SegmentationModule


def steps(module: SegmentationModule, batch, count: int) -> float:
    """Return the seconds of a step by the card's own clock: the median of `count`, after five more."""
    optimiser = torch.optim.SGD(module.parameters(), 1e-3, momentum=0.99, nesterov=True)
    marks = [torch.cuda.Event(enable_timing=True) for _ in range(count + 6)]
    for mark in marks:
        mark.record()
        with torch.autocast("cuda", torch.bfloat16):
            loss = module.training_step(batch, 0)
        loss.backward()
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
    torch.cuda.synchronize()
    times = [first.elapsed_time(last) / 1000 for first, last in pairwise(marks[5:])]
    return float(np.median(times))
