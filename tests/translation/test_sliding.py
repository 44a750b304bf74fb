"""Whole slices are translated without a seam."""

import pytest
import torch
from torch import nn

from labelct.translation.sliding import translate


@pytest.mark.parametrize("shape", [(32, 32), (50, 41), (32, 77), (20, 90)])
@pytest.mark.parametrize("overlap", [0.0, 0.5])
def test_a_generator_that_does_nothing_gives_the_image_back(tiny, shape, overlap):
    images = torch.rand(3, 1, *shape) * 2 - 1
    found = translate(nn.Identity(), images, tiny(prediction={"overlap": overlap}))
    assert (found - images).abs().max() < 1e-6


def test_windows_fade_into_each_other(tiny):
    """Each window gives one grey, and neighbours differ by 0.34: no step between pixels is a tenth of that."""

    class Grey(nn.Module):
        def forward(self, windows):
            return windows.mean((2, 3), keepdim=True).expand(windows.shape).clone()

    ramp = torch.linspace(-1, 1, 96)[:, None].expand(96, 32)[None, None]
    found = translate(Grey(), ramp, tiny(prediction={"overlap": 0.5}))[0, 0]
    assert found[:, 0].max() - found[:, 0].min() > 1
    assert found.diff(dim=0).abs().max() < 0.1 * 0.34
