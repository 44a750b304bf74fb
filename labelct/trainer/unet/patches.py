"""The patches of the 3-D U-Net: where one is cut, how it is turned, and what is done to it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from labelct.trainer.augmentation import change_intensity, flip_axes
from labelct.trainer.cutting import AIR, Batches, crop, sample_corner
from labelct.trainer.unet.augmentation import box_of, sample_augmentation, truncate_z, turn
from labelct.trainer.unet.settings import UNetSettings


@dataclass(frozen=True)
class Patches(Batches[UNetSettings]):
    """Batches of patches `(batch, 1, x, y, z)`."""

    def drawn(self, step: int) -> list[dict[str, Any]]:
        """Return case, corner and augmentation of each patch of a step."""
        return [self.sample(rng) for rng in self.streams(step)]

    def sample(self, rng: np.random.Generator) -> dict[str, Any]:
        """Draw case, corner and augmentation of one patch."""
        number = int(rng.integers(len(self.cases)))
        case, settings = self.cases[number], self.settings
        corner = sample_corner(case.hu.shape, case.centres, settings.patch, settings.foreground, rng)
        axes = flip_axes(settings.augmentation, self.labels)
        augmentation = sample_augmentation(settings.augmentation, axes, self.spacing, rng)
        return {"case": number, "corner": corner, "augmentation": augmentation}

    def cut(self, params: dict[str, Any]) -> tuple[Tensor, Tensor]:
        """Return the patch that `params` describe, on the case's device: normalised image, labels; `(1, x, y, z)`."""
        case, patch, drawn = self.cases[params["case"]], self.settings.patch, params["augmentation"]
        ends = drawn["z_range"], round(self.settings.augmentation.z_padding_mm / self.spacing[2])
        image = truncate_z(self._block(case.hu, params, AIR, "bilinear"), *ends, AIR)
        labels = truncate_z(self._block(case.labels, params, 0, "nearest"), *ends, 0).round().to(torch.uint8)
        properties = self.properties(case)
        image = change_intensity(properties.standardised(image), drawn, properties)
        assert image.shape == tuple(patch)
        return image.flip(drawn["flip"])[None], labels.flip(drawn["flip"])[None]

    def _block(self, volume: Tensor, params: dict[str, Any], fill: float, mode: str) -> Tensor:
        patch, matrix = self.settings.patch, params["augmentation"]["matrix"]
        if matrix is None:
            return crop(volume, params["corner"], patch, fill)
        box = box_of(matrix, patch)
        box = tuple(size + (size - n) % 2 for size, n in zip(box, patch, strict=True))  # the same centre, not half off
        corner = [c - (size - n) // 2 for c, size, n in zip(params["corner"], box, patch, strict=True)]
        return turn(crop(volume, corner, box, fill), matrix, patch, mode)
