"""Batches of unpaired slices without end, cut where the networks are; a step's batch depends on its number alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import IterableDataset

from labelct.accelerator import free_memory
from labelct.translation import crops
from labelct.translation.settings import TranslationSettings

BATCH, POOL = 1, 2  # which stream of a seed a draw is from
MEMORY_SHARE = 3  # slices may take this part of a card's free memory, else they stay with the host


def stream(seed: int, purpose: int, step: int, rank: int) -> np.random.Generator:
    """Return the source of draws of one step of one process.

    Args:
        seed: Of the translation.
        purpose: `BATCH` or `POOL`.
        step: Number of the step.
        rank: Number of the process.
    """
    return np.random.default_rng([seed, purpose, step, rank])


@dataclass(frozen=True)
class Place:
    """Where batches are made: the device, and which of the processes that train together this is."""

    device: str = "cpu"
    rank: int = 0


class SliceBatches(IterableDataset[tuple[Tensor, Tensor]]):
    """Pairs of batches `(batch, 1, size, size)`, MR and CT, on the device."""

    def __init__(
        self,
        mr: NDArray[np.generic],
        ct: NDArray[np.generic],
        settings: TranslationSettings,
        place: Place,
        start: int = 0,
    ) -> None:
        """Put the slices on the device, if they fit.

        Args:
            mr: `(slice, x, y)` within [-1, 1].
            ct: The same, unpaired.
            settings: Crops and batch.
            place: Device and process.
            start: The first step.
        """
        self.settings, self.place, self.start = settings, place, start
        resident = place.device == "cpu" or (mr.nbytes + ct.nbytes) * MEMORY_SHARE < free_memory(place.rank)
        self.slices = [
            torch.from_numpy(np.array(slices)).to(place.device if resident else "cpu") for slices in (mr, ct)
        ]

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield batches from the first step on."""
        step = self.start
        while True:
            yield self.batch(step)
            step += 1

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Return the batch of a step."""
        rng = stream(self.settings.seed, BATCH, step, self.place.rank)
        mr, ct = (self._cut(slices, rng) for slices in self.slices)
        return mr, ct

    def _cut(self, slices: Tensor, rng: np.random.Generator) -> Tensor:
        count = self.settings.batch
        numbers = torch.from_numpy(rng.integers(0, len(slices), count))
        drawn = crops.sample(rng, count, (slices.shape[1], slices.shape[2]), self.settings)
        chosen = slices[numbers.to(slices.device)].to(self.place.device, non_blocking=True)
        return crops.apply(chosen[:, None], drawn, self.settings.size)
