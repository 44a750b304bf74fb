"""The networks have the shapes and the reach that the papers say."""

import pytest
import torch

from labelct.translation.networks import Cycle, Discriminator, Generator


def test_a_generator_keeps_the_size_and_the_range():
    made = Generator(4, 2)(torch.rand(2, 1, 32, 40) * 2 - 1)
    assert made.shape == (2, 1, 32, 40)
    assert made.abs().max() <= 1


def test_nine_blocks_of_64_filters_have_cyclegans_parameters():
    # Counted from CycleGAN's layers: with one channel in and out, and no bias where instance normalisation follows.
    k = 64
    first, last = 49 * k, 49 * k + 1
    down = up = 9 * k * 2 * k + 9 * 2 * k * 4 * k
    assert sum(p.numel() for p in Generator(64, 9).parameters()) == first + down + 9 * 2 * 9 * (4 * k) ** 2 + up + last


def test_a_discriminator_sees_patches_of_70_pixels():
    image = torch.zeros(1, 1, 256, 256, requires_grad=True)
    judge = Discriminator(4, 3).double()
    for part in judge.modules():
        if isinstance(part, torch.nn.InstanceNorm2d):
            part.forward = lambda value: value  # it looks at the whole image
    scores = judge(image.double())
    scores[0, 0, scores.shape[2] // 2, scores.shape[3] // 2].backward()
    touched = image.grad[0, 0].nonzero()
    assert (touched.amax(0) - touched.amin(0) + 1).tolist() == [70, 70]
    assert scores.shape == (1, 1, 30, 30)


@pytest.mark.parametrize("size", [32, 64])
def test_the_smallest_image_is_still_judged(tiny, size):
    cycle = Cycle(tiny(size=size, load=size))
    assert cycle.judge_ct(torch.randn(1, 1, size, size)).numel() > 0
