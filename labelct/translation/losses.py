"""What the networks of the cycle are made to do: look real to a discriminator, and come back as they went.

Source: Liu et al., Cross-modality Knowledge Transfer for Prostate Segmentation from CT Scans, eq. 1 to 3.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from labelct.translation.settings import TranslationSettings

SPAN = 2.0  # of images within [-1, 1]
Loss = Callable[[Tensor, Tensor], Tensor]


def judge_loss(real: Tensor, made: Tensor) -> Tensor:
    """Return eq. 1, the least-squares loss of a discriminator: `mean (D(I) - 1)^2 + mean D(G(I))^2`.

    The paper prints `[D(I - 1)]^2` for the first term; `[D(I) - 1]^2` is meant, for a real image is labelled 1.

    Args:
        real: What it says of the patches of real images.
        made: What it says of translated ones.
    """
    return (real.float() - 1).square().mean() + made.float().square().mean()


def adversarial_loss(made: Tensor) -> Tensor:
    """Return the least-squares loss of a generator, `mean (D(G(I)) - 1)^2`: its images shall be taken for real.

    Args:
        made: What the discriminator says of the patches of translated images.
    """
    return (made.float() - 1).square().mean()


def cycle_loss(settings: TranslationSettings) -> Loss:
    """Return the loss between images `(batch, 1, x, y)` within [-1, 1] and themselves translated to and fro.

    Args:
        settings: `mse` is the paper's baseline, `ssim` its eq. 2 and 3, `l1` that of CycleGAN.
    """
    if settings.cycle == "ssim":
        return ssim_loss(settings)
    return {"mse": functional.mse_loss, "l1": functional.l1_loss}[settings.cycle]


def ssim_loss(settings: TranslationSettings) -> Loss:
    """Return eq. 2, the mean of `1 - SSIM(p)` over the pixels whose window lies within the image, SSIM as in eq. 3.

    Args:
        settings: Window and constants.
    """
    from monai.losses import SSIMLoss

    wanted = settings.ssim
    ssim = SSIMLoss(2, SPAN, win_size=wanted.window, kernel_sigma=wanted.sigma, k1=wanted.k1, k2=wanted.k2)

    def loss(made: Tensor, image: Tensor) -> Tensor:
        with torch.autocast(made.device.type, enabled=False):  # variances are differences of nearly equal numbers
            found: Tensor = ssim(made.float(), image.float())
        return found

    return loss
