"""The residual U-Net of MONAI in two dimensions, its loss, and the stack of slices that it sees."""

from math import log
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from labelct.trainer.resunet25d.settings import ResUNetSettings


def definition(settings: ResUNetSettings, classes: int) -> tuple[str, dict[str, Any]]:
    """Return the class of the network in `monai.networks.nets` and its arguments, which JSON can hold.

    It has long skips between encoder and decoder and short ones around each block, and goes from
    `(batch, 2 context + 1, x, y)` to scores `(batch, classes, x, y)`, one for one target.
    Source: Liu et al., "Cross-modality Knowledge Transfer for Prostate Segmentation from CT Scans", section 2.3;
    Drozdzal et al. 2016, doi:10.1007/978-3-319-46976-8_19.

    Args:
        settings: Context and channels of the levels.
        classes: Classes with the background; two share one score, the logit of the one target.
    """
    channels = list(settings.channels)
    return "UNet", {
        "spatial_dims": 2,
        "in_channels": 2 * settings.context + 1,
        "out_channels": 1 if classes == 2 else classes,
        "channels": channels,
        "strides": [2] * (len(channels) - 1),
        "num_res_units": 2,
        "norm": ("INSTANCE", {"affine": True}),
    }


def expect(network: nn.Module, share: float) -> None:
    """Let the first probabilities of all targets together be about `share`, by the bias of the last convolution.

    Adam moves a bias by about the learning rate a step: from 0 it takes thousands of steps to where the cross-entropy
    of a target that fills a hundredth of the pixels has it, and nothing else is learnt in the meantime.
    Source: Lin et al., "Focal Loss for Dense Object Detection" (2017), section 4.1.
    """
    bias = [module for module in network.modules() if isinstance(module, nn.Conv2d)][-1].bias
    assert bias is not None
    targets = max(1, len(bias) - 1)
    with torch.no_grad():
        bias.fill_(log(share / (1 - share) / targets))
        bias[:-targets] = 0.0


def stacked(volume: Tensor, level: int, context: int) -> Tensor:
    """Return a slice between its neighbours, `(2 context + 1, x, y)`; beyond the ends the end slice is repeated.

    Args:
        volume: `(x, y, z)`.
        level: Number of the slice along z.
        context: Neighbours on each side.
    """
    levels = torch.arange(level - context, level + context + 1, device=volume.device)
    return volume[:, :, levels.clamp(0, volume.shape[2] - 1)].movedim(2, 0)


def probabilities(scores: Tensor) -> Tensor:
    """Return the probabilities `(batch, class, x, y)` of scores, the background first."""
    if scores.shape[1] > 1:
        return scores.softmax(1)
    target = scores.sigmoid()
    return torch.cat([1 - target, target], 1)


class SliceLoss(nn.Module):
    """Binary cross-entropy of one target, cross-entropy of several: the mean over the pixels that are not ignored."""

    def __init__(self, ignore: int | None = None) -> None:
        """Take the label value of pixels to ignore; None: there are none."""
        super().__init__()
        self.ignore = ignore

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        """Return the loss of scores `(batch, 1 or class, x, y)` against labels `(batch, 1, x, y)`."""
        scores, known = scores.float(), torch.ones_like(labels, dtype=torch.bool)
        if self.ignore is not None:
            known = labels != self.ignore
            scores, labels = scores.masked_fill(~known, 0.0), labels.masked_fill(~known, 0)
        if scores.shape[1] == 1:
            each = binary_cross_entropy_with_logits(scores, (labels > 0).to(scores), reduction="none")
        else:
            each = cross_entropy(scores, labels[:, 0].long(), reduction="none")[:, None]
        return (each * known).sum() / known.sum().clamp(min=1)
