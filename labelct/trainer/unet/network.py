"""The 3-D networks and their loss, as MONAI has them."""

from typing import Any

import torch
from monai.losses import DiceCELoss
from torch import Tensor, nn

from labelct.trainer.unet.settings import UNetSettings

IMPOSSIBLE = -1e4  # the score of a class whose probability is 0: exp(-1e4) is, in float32


def definition(settings: UNetSettings, classes: int) -> tuple[str, dict[str, Any]]:
    """Return the class of the network in `monai.networks.nets` and its arguments, which JSON can hold.

    It goes from `(batch, 1, x, y, z)` to scores `(batch, classes, x, y, z)`; with deep supervision, in training, to
    `(batch, heads, classes, x, y, z)` (Isensee et al. 2021, doi:10.1038/s41592-020-01008-z).

    Args:
        settings: Network, channels of the levels, deep supervision.
        classes: Classes with the background.
    """
    levels, channels = len(settings.channels), list(settings.channels)
    norm, activation = ("INSTANCE", {"affine": True}), ("leakyrelu", {"inplace": True, "negative_slope": 0.01})
    shared = {"spatial_dims": 3, "in_channels": 1, "out_channels": classes}
    if settings.network == "residual":
        residual = {"channels": channels, "strides": [2] * (levels - 1), "num_res_units": 2}
        return "UNet", {**shared, **residual, "norm": norm, "act": activation}
    plain = {
        "kernel_size": [3] * levels,
        "strides": [1] + [2] * (levels - 1),
        "upsample_kernel_size": [2] * (levels - 1),
        "filters": channels,
        "norm_name": norm,
        "act_name": activation,
        "deep_supervision": settings.deep_supervision > 0,
        "deep_supr_num": max(1, settings.deep_supervision),
    }
    return "DynUNet", {**shared, **plain}


class DeepSupervisedLoss(nn.Module):
    """Dice + cross-entropy, over every head with weights 1, 1/2, 1/4, ...; voxels to ignore take no part in them."""

    def __init__(self, ignore: int | None = None) -> None:
        """Take the label value of voxels to ignore; None: there are none."""
        super().__init__()
        self.ignore = ignore
        self.loss = DiceCELoss(softmax=True, to_onehot_y=True, include_background=False, batch=True)

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        """Return the loss of scores `(batch, [heads,] class, x, y, z)` against labels `(batch, 1, x, y, z)`."""
        heads = scores.unbind(1) if scores.ndim == 6 else (scores,)
        weights = [0.5**depth for depth in range(len(heads))]
        losses = [weight * self._of_head(head.float(), labels) for head, weight in zip(heads, weights, strict=True)]
        return sum(losses[1:], losses[0]) / sum(weights)

    def _of_head(self, scores: Tensor, labels: Tensor) -> Tensor:
        """Return the loss of one head; voxels to ignore are made certain background, which adds nothing to any sum.

        Dice has no term of the background, and the cross-entropy there is 0: its mean is taken over the other voxels.
        """
        if self.ignore is None:
            whole: Tensor = self.loss(scores, labels)
            return whole
        ignored = labels == self.ignore
        certain = scores.new_full((1, scores.shape[1], 1, 1, 1), IMPOSSIBLE)
        certain[:, 0] = 0.0
        scores, labels = torch.where(ignored, certain, scores), labels.masked_fill(ignored, 0)
        share = (~ignored).sum().clamp(min=1) / ignored.numel()
        dice: Tensor = self.loss.dice(scores, labels)
        return dice + self.loss.ce(scores, labels) / share
