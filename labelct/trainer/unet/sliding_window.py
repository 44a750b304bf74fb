"""Sliding windows: class scores of a volume larger than a patch."""

import torch
from monai.inferers import sliding_window_inference
from torch import Tensor, nn

from labelct.trainer.unet.network import channels_last
from labelct.trainer.unet.settings import UNetSettings


def class_scores(
    network: nn.Module,
    image: Tensor,
    settings: UNetSettings,
    overlap: float,
    flips: tuple[tuple[int, ...], ...] = ((),),
    output: str | None = None,
) -> Tensor:
    """Return the probabilities of the classes, blended over the windows with Gaussian weights.

    Args:
        network: From `(batch, 1, x, y, z)` to scores `(batch, class, x, y, z)`.
        image: `(1, 1, x, y, z)` normalised, padded with its own minimum where it is smaller than a patch.
        settings: Patch and windows per batch.
        overlap: Share of a patch that neighbouring windows have in common.
        flips: Sets of axes `(0, 1, 2)`; the probabilities are the mean over the flipped images.
        output: Device that holds the whole result; None: the network's.

    Returns:
        `(1, class, x, y, z)` float32.
    """

    def probabilities(windows: Tensor) -> Tensor:
        total: Tensor | None = None
        for axes in flips:
            spatial = [axis + 2 for axis in axes]
            share = network(channels_last(windows.flip(spatial))).float().softmax(1).flip(spatial)
            total = share if total is None else total + share
        assert total is not None
        return total / len(flips)

    with torch.inference_mode():
        scores = sliding_window_inference(
            *(image, settings.patch, settings.prediction.batch, probabilities, overlap),
            mode="gaussian",
            cval=float(image.min()),
            sw_device=next(network.parameters()).device,
            device=output,
        )
    assert isinstance(scores, Tensor)
    return scores
