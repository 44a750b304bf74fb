"""Crops are the pixels that were drawn."""

import numpy as np
import pytest
import torch

from labelct.translation import crops


def test_a_fixed_crop_is_a_part_of_the_slice(tiny):
    slices, settings = torch.rand(20, 1, 40, 36) * 2 - 1, tiny(crop="fixed")
    drawn = crops.sample(np.random.default_rng(0), 20, (40, 36), settings)
    cut = crops.apply(slices, drawn, 32)
    corners = set()
    for image, crop in zip(slices[:, 0], cut[:, 0], strict=True):
        places = [
            (x, y) for x in range(9) for y in range(5) if (image[x : x + 32, y : y + 32] - crop).abs().max() < 1e-5
        ]
        assert len(places) == 1
        corners |= set(places)
    assert len(corners) > 10


def test_flips_turn_the_axes_that_are_named(tiny):
    slices = torch.rand(60, 1, 32, 32) * 2 - 1
    drawn = crops.sample(np.random.default_rng(0), 60, (32, 32), tiny(crop="fixed", flip="x", load=32))
    cut = crops.apply(slices, drawn, 32)
    flipped = (cut - slices.flip(2)).abs().amax((1, 2, 3)) < 1e-5
    same = (cut - slices).abs().amax((1, 2, 3)) < 1e-5
    assert (flipped ^ same).all()
    assert 15 < flipped.sum() < 45


@pytest.mark.parametrize("shape", [(40, 40), (60, 40)])
def test_a_share_of_the_shorter_side_is_resized(tiny, shape):
    x = torch.arange(shape[0], dtype=torch.float32)
    ramp = (x[:, None].expand(shape) / 100)[None, None].expand(50, 1, *shape)
    drawn = crops.sample(np.random.default_rng(0), 50, shape, tiny(crop="ratio", ratio=[0.5, 0.75]))
    steps = crops.apply(ramp, drawn, 32)[:, 0].diff(dim=1)[:, 8:24].mean((1, 2)) * 100 * 32
    assert steps.min() > 0.5 * 40 - 0.1
    assert steps.max() < 0.75 * 40 + 0.1
    assert steps.std() > 2


def test_a_quarter_turn_turns_x_into_y(tiny):
    x = torch.linspace(-1, 1, 32)
    ramp = x[:, None].expand(32, 32)[None, None]
    quarter = np.array([[[0, -1, 0], [1, 0, 0]]], np.float32)
    turned = crops.apply(ramp, quarter, 32)[0, 0]
    assert (turned - x[None, :]).abs().max() < 1e-5


def test_beyond_the_slice_lies_air(tiny):
    drawn = np.array([[[2, 0, 0], [0, 2, 0]]], np.float32)
    cut = crops.apply(torch.ones(1, 1, 32, 32), drawn, 32)
    assert cut[0, 0, 0, 0] == -1
    assert cut[0, 0, 16, 16] == 1


def test_the_same_seed_draws_the_same(tiny):
    settings = tiny(crop="ratio", rotation=10.0, flip="xy")
    one, other = (crops.sample(np.random.default_rng(3), 4, (40, 40), settings) for _ in range(2))
    assert np.array_equal(one, other)
