"""Where patches are cut: about a target as often as asked, up to every end, and beyond it what fills."""

import numpy as np
import pytest
import torch

from labelct.trainer.cutting import crop, sample_corner


@pytest.mark.parametrize("share", [0.0, 0.33, 1.0])
def test_patches_hold_foreground_as_often_as_asked(share: float) -> None:
    rng, centres = np.random.default_rng(0), {1: np.array([[5, 5, 5]]), 2: np.array([[90, 90, 90]])}
    corners = np.array([sample_corner((100, 100, 100), centres, (8, 8, 8), share, rng) for _ in range(2000)])
    hits = [np.all((corners <= c) & (corners > c - 8), axis=1).mean() for c in (5, 90)]
    assert sum(hits) == pytest.approx(share, abs=0.04)
    assert hits[0] == pytest.approx(hits[1], abs=0.06)


def test_random_patches_reach_every_end() -> None:
    rng = np.random.default_rng(0)
    corners = np.array([sample_corner((10, 6, 4), {}, (8, 6, 8), 1.0, rng) for _ in range(300)])
    assert corners.min(0).tolist() == [0, 0, -4]
    assert corners.max(0).tolist() == [2, 0, 0]


def test_crop_outside_the_volume_is_filled() -> None:
    array = torch.arange(8, dtype=torch.int16).reshape(2, 2, 2)
    block = crop(array, (-1, 0, 1), (4, 2, 2), -1024)
    assert torch.equal(block[1:3, :, 0], array[:, :, 1].float())
    assert (block[0] == -1024).all()
    assert (block[:, :, 1] == -1024).all()
    assert (crop(array, (9, 9, 9), (2, 2, 2), 0) == 0).all()
