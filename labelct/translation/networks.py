"""The networks of the cycle: a residual generator for each direction, a patch discriminator for each modality."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from labelct.translation.settings import TranslationSettings

SPREAD = 0.02  # standard deviation of the weights at the start, as CycleGAN has it


class ResidualBlock(nn.Module):
    """Two convolutions beside a shortcut, with reflected borders."""

    def __init__(self, channels: int) -> None:
        """Build it for an image of so many channels, which it keeps."""
        super().__init__()
        self.layers = nn.Sequential(
            *(nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3, bias=False), nn.InstanceNorm2d(channels)),
            nn.ReLU(inplace=True),
            *(nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3, bias=False), nn.InstanceNorm2d(channels)),
        )

    def forward(self, image: Tensor) -> Tensor:
        """Return the image and what is added to it."""
        changed: Tensor = self.layers(image)
        return image + changed


class Generator(nn.Sequential):
    """Translates an image `(batch, 1, x, y)` within [-1, 1] into one of the other modality.

    Source: Johnson et al., Perceptual Losses for Real-Time Style Transfer and Super-Resolution (2016), as in Zhu et
    al., Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks (2017): c7s1-64, d128, d256,
    residual blocks, u128, u64, c7s1-1, with instance normalisation and reflected borders.
    """

    def __init__(self, filters: int = 64, blocks: int = 9) -> None:
        """Build it with so many channels in the first layer and so many residual blocks."""
        widest = 4 * filters
        super().__init__(
            *(nn.ReflectionPad2d(3), *_normed(nn.Conv2d(1, filters, 7, bias=False))),
            *_normed(nn.Conv2d(filters, 2 * filters, 3, 2, 1, bias=False)),
            *_normed(nn.Conv2d(2 * filters, widest, 3, 2, 1, bias=False)),
            *(ResidualBlock(widest) for _ in range(blocks)),
            *_normed(nn.ConvTranspose2d(widest, 2 * filters, 3, 2, 1, 1, bias=False)),
            *_normed(nn.ConvTranspose2d(2 * filters, filters, 3, 2, 1, 1, bias=False)),
            *(nn.ReflectionPad2d(3), nn.Conv2d(filters, 1, 7), nn.Tanh()),
        )
        for part in self.modules():
            if isinstance(part, (nn.Conv2d, nn.ConvTranspose2d)):
                nn.init.normal_(part.weight, 0.0, SPREAD)


class Discriminator(nn.Module):
    """Says of each patch of an image how real it looks; MONAI's, which returns its features as well."""

    def __init__(self, filters: int = 64, layers: int = 3) -> None:
        """Build it with so many channels in the first layer and so many layers between the first and the last."""
        from monai.networks.nets import PatchDiscriminator

        super().__init__()
        self.network = PatchDiscriminator(2, filters, 1, num_layers_d=layers, norm="INSTANCE")

    def forward(self, image: Tensor) -> Tensor:
        """Return `(batch, 1, x, y)`, a number for each patch of `(batch, 1, x, y)`: 1 is real, 0 is not."""
        scores: Tensor = self.network(image)[-1]
        return scores


class Cycle(nn.Module):
    """The four networks that learn together.

    Attributes:
        to_ct: Makes CT of MR.
        to_mr: Makes MR of CT.
        judge_ct: Tells CT from what `to_ct` makes.
        judge_mr: Tells MR from what `to_mr` makes.
    """

    def __init__(self, settings: TranslationSettings) -> None:
        """Build them, with random weights from torch's generator."""
        super().__init__()
        self.to_ct = Generator(settings.filters, settings.blocks)
        self.to_mr = Generator(settings.filters, settings.blocks)
        self.judge_ct = Discriminator(settings.judge_filters, settings.judge_layers)
        self.judge_mr = Discriminator(settings.judge_filters, settings.judge_layers)

    @property
    def generators(self) -> nn.ModuleList:
        """Both generators."""
        return nn.ModuleList([self.to_ct, self.to_mr])

    @property
    def judges(self) -> nn.ModuleList:
        """Both discriminators."""
        return nn.ModuleList([self.judge_ct, self.judge_mr])


def channels_last(image: Tensor) -> Tensor:
    """Return images with their channels innermost on a GPU, whose tensor cores read them so."""
    return image.to(memory_format=torch.channels_last) if image.is_cuda else image


def _normed(convolution: nn.Conv2d | nn.ConvTranspose2d) -> tuple[nn.Module, ...]:
    return convolution, nn.InstanceNorm2d(convolution.out_channels), nn.ReLU(inplace=True)
