"""Training patches: which are cut where is decided by seed, step and rank alone, so a resumed run sees the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from labelct.trainer.normalisation import IntensityProperties
from labelct.trainer.unet.augmentation import (
    box_of,
    change_intensity,
    flip_axes,
    sample_augmentation,
    truncate_z,
    turn,
)
from labelct.trainer.unet.settings import UNetSettings
from labelct.trainer.unet.volumes import LoadedCase

AIR = -1024  # HU beyond the border of a volume
STREAM = 3  # keeps these random numbers apart from those of volumes (1), noise (2) and drawn volumes (4)


def sample_corner(
    shape: Sequence[int],
    centres: dict[int, NDArray[np.int32]],
    patch: Sequence[int],
    foreground: float,
    rng: np.random.Generator,
) -> list[int]:
    """Draw where a patch begins.

    Args:
        shape: Volume `(x, y, z)`.
        centres: Voxels of each label; every label has the same chance to be the centre.
        patch: Patch `(x, y, z)`; where it is larger than the volume it reaches beyond it.
        foreground: Chance of a patch about a voxel of `centres` (where there is none: anywhere).
        rng: The stream of the patch.

    Returns:
        First voxel `[x, y, z]`, negative where the patch begins outside.
    """
    slack = np.asarray(shape) - np.asarray(patch)
    low, high = np.minimum(slack, 0), np.maximum(slack, 0)
    if rng.random() < foreground and centres:
        label = sorted(centres)[rng.integers(len(centres))]
        centre = centres[label][rng.integers(len(centres[label]))]
        return np.clip(centre - np.asarray(patch) // 2, low, high).tolist()
    return rng.integers(low, high, endpoint=True).tolist()


def crop(volume: Tensor, corner: Sequence[int], size: Sequence[int], fill: float) -> Tensor:
    """Cut `size` voxels from `corner` on, as float32; what lies outside the volume is `fill`."""
    block = torch.full(tuple(size), fill, dtype=torch.float32, device=volume.device)
    spans = [(max(0, c), min(n, c + s)) for c, s, n in zip(corner, size, volume.shape, strict=True)]
    if all(first < last for first, last in spans):
        inner = tuple(slice(first - c, last - c) for (first, last), c in zip(spans, corner, strict=True))
        block[inner] = volume[tuple(slice(first, last) for first, last in spans)]
    return block


@dataclass(frozen=True)
class Patches(Dataset[tuple[Tensor, Tensor]]):
    """The batches of a run, numbered from the step at which it (re)starts.

    Attributes:
        cases: What the patches are cut from.
        settings: Patch, batch, foreground share and augmentation.
        intensity_properties: The normalisation.
        spacing: Voxel size `(x, y, z)` of the cases, mm.
        labels: Value of each target by name (a side in a name forbids mirroring x).
        seed: Seed of the run.
        start: Steps done before.
        rank: Number of the process under DDP.
    """

    cases: Sequence[LoadedCase]
    settings: UNetSettings
    intensity_properties: IntensityProperties
    spacing: Sequence[float]
    labels: Mapping[str, int]
    seed: int
    start: int = 0
    rank: int = 0

    def __len__(self) -> int:
        return self.settings.steps

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """Return image `(batch, 1, x, y, z)` and labels of the same shape for step `start + index`."""
        step = self.start + index
        keys = [[self.seed, STREAM, step, self.rank, number] for number in range(self.settings.batch)]
        drawn = [self.sample(np.random.default_rng(key)) for key in keys]
        images, labels = zip(*(self.cut(params) for params in drawn), strict=True)
        return torch.stack(images)[:, None], torch.stack(labels)[:, None]

    def sample(self, rng: np.random.Generator) -> dict[str, Any]:
        """Draw case, corner and augmentation of one patch."""
        number = int(rng.integers(len(self.cases)))
        case, settings = self.cases[number], self.settings
        corner = sample_corner(case.hu.shape, case.centres, settings.patch, settings.foreground, rng)
        axes = flip_axes(settings.augmentation, self.labels)
        augmentation = sample_augmentation(settings.augmentation, axes, self.spacing, rng)
        return {"case": number, "corner": corner, "augmentation": augmentation}

    def cut(self, params: dict[str, Any]) -> tuple[Tensor, Tensor]:
        """Return the patch that `params` describe, on the case's device: normalised image, labels, `(x, y, z)` each."""
        case, patch, drawn = self.cases[params["case"]], self.settings.patch, params["augmentation"]
        ends = drawn["z_range"], round(self.settings.augmentation.z_padding_mm / self.spacing[2])
        image = truncate_z(self._block(case.hu, params, AIR, "bilinear"), *ends, AIR)
        labels = truncate_z(self._block(case.labels, params, 0, "nearest"), *ends, 0).round().to(torch.uint8)
        image = change_intensity(self.intensity_properties.standardised(image), drawn, self.intensity_properties)
        assert image.shape == tuple(patch)
        return image.flip(drawn["flip"]), labels.flip(drawn["flip"])

    def _block(self, volume: Tensor, params: dict[str, Any], fill: float, mode: str) -> Tensor:
        patch, matrix = self.settings.patch, params["augmentation"]["matrix"]
        if matrix is None:
            return crop(volume, params["corner"], patch, fill)
        box = box_of(matrix, patch)
        box = tuple(size + (size - n) % 2 for size, n in zip(box, patch, strict=True))  # the same centre, not half off
        corner = [c - (size - n) // 2 for c, size, n in zip(params["corner"], box, patch, strict=True)]
        return turn(crop(volume, corner, box, fill), matrix, patch, mode)
