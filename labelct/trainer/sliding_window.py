"""Sliding windows: class probabilities of an image larger than what a network sees at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from monai.inferers import sliding_window_inference
from torch import Tensor, nn

from labelct.trainer.layout import channels_last


@dataclass(frozen=True)
class Windows:
    """How windows cover an image.

    Attributes:
        overlap: Share of a window that neighbours have in common.
        flips: Sets of spatial axes, counted from 0; the probabilities are the mean over the flipped images.
        output: Device that holds the whole result; None: the network's.
        fill: Value beyond an image that is smaller than a window; None: its own minimum.
    """

    overlap: float
    flips: tuple[tuple[int, ...], ...] = ((),)
    output: str | None = None
    fill: float | None = None


def blended(
    network: nn.Module,
    probabilities: Callable[[Tensor], Tensor],
    image: Tensor,
    size: Sequence[int],
    batch: int,
    windows: Windows,
) -> Tensor:
    """Return the probabilities of the classes, blended over the windows with Gaussian weights.

    Args:
        network: From `(batch, channel, *window)` to scores; in evaluation mode.
        probabilities: From scores, float32, to `(batch, class, *window)`.
        image: `(n, channel, *shape)` normalised.
        size: What the network sees at once.
        batch: Windows that go through the network together.
        windows: How they cover the image.

    Returns:
        `(n, class, *shape)` float32.
    """

    def of_windows(views: Tensor) -> Tensor:
        total: Tensor | None = None
        for axes in windows.flips:
            spatial = [axis + 2 for axis in axes]
            share = probabilities(network(channels_last(views.flip(spatial))).float()).flip(spatial)
            total = share if total is None else total + share
        assert total is not None
        return total / len(windows.flips)

    with torch.inference_mode():
        scores = sliding_window_inference(
            *(image, size, batch, of_windows, windows.overlap),
            mode="gaussian",
            cval=float(image.min()) if windows.fill is None else windows.fill,
            sw_device=next(network.parameters()).device,
            device=windows.output,
        )
    assert isinstance(scores, Tensor)
    return scores
