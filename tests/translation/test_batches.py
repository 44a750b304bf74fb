"""A step's batch depends on seed, step and process alone."""

import itertools

import numpy as np
import torch

from labelct.translation.batches import Place, SliceBatches


def slices(seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (9, 40, 40)).astype(np.float16)


def test_batches_begin_at_any_step(tiny):
    settings = tiny(batch=2, crop="ratio", flip="xy")
    from_start = list(itertools.islice(SliceBatches(slices(), slices(1), settings, Place()), 5))
    later = list(itertools.islice(SliceBatches(slices(), slices(1), settings, Place(), start=3), 2))
    for one, other in zip(from_start[3:], later, strict=True):
        assert all(torch.equal(*pair) for pair in zip(one, other, strict=True))
    assert from_start[0][0].shape == (2, 1, 32, 32)


def test_processes_and_seeds_draw_their_own(tiny):
    drawn = [
        SliceBatches(slices(), slices(1), tiny(seed=seed), Place(rank=rank)).batch(0)[0]
        for seed, rank in ((0, 0), (0, 1), (1, 0))
    ]
    assert all(not torch.equal(*pair) for pair in itertools.combinations(drawn, 2))


def test_the_sides_are_unpaired(tiny):
    """The same slices on both sides: the numbers that are drawn differ."""
    batches = SliceBatches(slices(), slices(), tiny(), Place())
    assert any(not torch.equal(*batches.batch(step)) for step in range(5))
