"""What the shared training loop asks of the 3-D U-Net."""

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from labelct.trainer.family import Family
from labelct.trainer.sliding_window import Windows, blended
from labelct.trainer.unet.network import DeepSupervisedLoss, definition
from labelct.trainer.unet.patches import Patches
from labelct.trainer.unet.settings import UNetSettings


class UNetFamily(Family[UNetSettings]):
    """A 3-D U-Net on patches, Dice + cross-entropy."""

    schema, batches = UNetSettings, Patches

    def definition(self, settings: UNetSettings, classes: int) -> tuple[str, dict[str, Any]]:
        """Return MONAI's class of the network and its arguments."""
        return definition(settings, classes)

    def loss(self, ignore: int | None) -> nn.Module:
        """Return Dice + cross-entropy over every head."""
        return DeepSupervisedLoss(ignore)

    def patch(self, settings: UNetSettings) -> tuple[int, ...]:
        """Return one channel and the patch."""
        return (1, *settings.patch)

    def class_scores(self, network: nn.Module, image: Tensor, settings: UNetSettings, windows: Windows) -> Tensor:
        """Return the class probabilities of a volume, window by window."""
        softmax = partial(torch.softmax, dim=1)
        return blended(network, softmax, image, settings.patch, settings.prediction.batch, windows)

    def z_padding_mm(self, settings: UNetSettings) -> float:
        """Return how far the end slices are repeated, so that an organ cut there does not border on padding."""
        return settings.prediction.z_padding_mm


UNET = UNetFamily()
