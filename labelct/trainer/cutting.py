"""Where training patches are cut: decided by seed, step, position and process alone, so a resumed run sees the same."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from labelct.trainer.normalisation import IntensityProperties
from labelct.trainer.settings import LoopSettings
from labelct.trainer.volumes import LoadedCase

AIR = -1024  # HU beyond the border of a volume; the floor of any window
STREAM = 3  # keeps these random numbers apart from those of volumes (1), noise (2) and drawn volumes (4)

Settings = TypeVar("Settings", bound=LoopSettings)


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
class Batches(Dataset[tuple[Tensor, Tensor]], ABC, Generic[Settings]):
    """The batches of a run, numbered from the step at which it (re)starts.

    Attributes:
        cases: What the patches are cut from.
        settings: Of the trainer.
        intensity_properties: The normalisation; None: every case has its own.
        spacing: Voxel size `(x, y, z)` of the cases, mm.
        labels: Value of each target by name (a side in a name forbids mirroring x).
        seed: Seed of the run.
        start: Steps done before.
        rank: Number of the process under DDP.
        ranks: How many processes train together.
    """

    cases: Sequence[LoadedCase]
    settings: Settings
    intensity_properties: IntensityProperties | None
    spacing: Sequence[float]
    labels: Mapping[str, int]
    seed: int
    start: int = 0
    rank: int = 0
    ranks: int = 1

    def __len__(self) -> int:
        return self.settings.steps

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """Return image `(batch, channel, ...)` and labels `(batch, 1, ...)` for step `start + index`."""
        images, labels = zip(*(self.cut(params) for params in self.drawn(self.start + index)), strict=True)
        return torch.stack(images), torch.stack(labels)

    def streams(self, step: int) -> list[np.random.Generator]:
        """Return the random numbers of each patch of a step."""
        keys = [[self.seed, STREAM, step, self.rank, number] for number in range(self.settings.batch)]
        return [np.random.default_rng(key) for key in keys]

    def properties(self, case: LoadedCase) -> IntensityProperties:
        """Return the normalisation of a case."""
        found = self.intensity_properties or case.properties
        assert found is not None
        return found

    @abstractmethod
    def drawn(self, step: int) -> list[dict[str, Any]]:
        """Return what is cut at a step, patch by patch: plain numbers, for `cut`."""

    @abstractmethod
    def cut(self, params: dict[str, Any]) -> tuple[Tensor, Tensor]:
        """Return the patch that `params` describe, on the case's device: image `(channel, ...)`, labels `(1, ...)`."""
