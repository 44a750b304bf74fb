"""Random changes of patches, whoever trains: flips and intensities, drawn as plain numbers and done on tensors."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from labelct.targets import Targets
from labelct.trainer.normalisation import IntensityProperties
from labelct.trainer.settings import AugmentationSettings


def flip_axes(settings: AugmentationSettings, targets: Collection[str]) -> tuple[int, ...]:
    """Return the axes that may be mirrored: not x where a target has a side, as `kidney_left`."""
    lateral = settings.sides == "apart" or (settings.sides == "auto" and Targets.of(list(targets)).is_lateral)
    return tuple("xyz".index(axis) for axis in sorted(set(settings.flip)) if not (lateral and axis == "x"))


def sample_flip(axes: Sequence[int], rng: np.random.Generator) -> list[int]:
    """Draw which of the axes are mirrored, each with a chance of one half."""
    return [axis for axis in axes if rng.random() < 0.5]


def sample_intensity(settings: AugmentationSettings, rng: np.random.Generator) -> dict[str, Any]:
    """Draw `scale`, `shift`, `gamma`, `noise` (standard deviation) and `noise_seed` of one patch."""
    return {
        "scale": 1 + float(rng.uniform(-1, 1)) * settings.scale,
        "shift": float(rng.uniform(-1, 1)) * settings.shift,
        "gamma": float(np.exp(rng.uniform(-1, 1) * settings.gamma)),
        "noise": float(rng.uniform()) * settings.noise,
        "noise_seed": int(rng.integers(2**31)),
    }


def change_intensity(image: Tensor, params: dict[str, Any], window: IntensityProperties) -> Tensor:
    """Apply gamma over the window, scale and shift about the mean, and noise to a normalised patch."""
    low, width = window.floor, (window.high - window.low) / window.sd
    if params["gamma"] != 1:
        image = ((image - low) / width).clamp(0, 1).pow(params["gamma"]) * width + low
    image = image * params["scale"] + params["shift"]
    if params["noise"]:
        generator = torch.Generator(image.device).manual_seed(params["noise_seed"])
        image = image + params["noise"] * torch.randn(image.shape, generator=generator, device=image.device)
    return image
