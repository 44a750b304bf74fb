"""Whole slices through a generator of fixed size: overlapping windows, faded into each other."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from labelct.translation.canvas import AIR
from labelct.translation.networks import channels_last
from labelct.translation.settings import TranslationSettings


def translate(network: nn.Module, images: Tensor, settings: TranslationSettings) -> Tensor:
    """Return images translated.

    Args:
        network: From `(batch, 1, size, size)` to the same.
        images: `(image, 1, x, y)` within [-1, 1]; one that is smaller than `size` gets air beside for the time.
        settings: `size`, and the overlap and number of the windows.

    Returns:
        `(image, 1, x, y)` float32, where the images are.
    """
    from monai.inferers import sliding_window_inference

    wanted, device = settings.prediction, next(network.parameters(), torch.zeros(0)).device
    with torch.inference_mode():
        found = sliding_window_inference(
            *(images.float(), (settings.size, settings.size), wanted.batch),
            lambda windows: network(channels_last(windows)).float(),
            overlap=wanted.overlap,
            roi_weight_map=fading(settings.size).to(device),
            cval=AIR,
            sw_device=device,
            device=images.device,
        )
    assert isinstance(found, Tensor)
    return found


def fading(size: int) -> Tensor:
    """Return the weights of a window, `(size, size)`: sin^2 along both axes, nothing at its borders.

    Windows that overlap by half add up to one, each fading into the next. MONAI's Gaussian weights are cut off at
    0.001, which leaves steps where windows begin.
    """
    along = torch.sin(torch.pi * (torch.arange(size) + 0.5) / size).square()
    return along[:, None] * along
