"""The batches of the 2.5-D U-Net: every slice once an epoch, in an order of its own, cut, turned and mirrored."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from labelct.trainer.augmentation import change_intensity, flip_axes, sample_flip, sample_intensity
from labelct.trainer.cutting import AIR, Batches, sample_corner
from labelct.trainer.resunet25d.augmentation import sample_view, view
from labelct.trainer.resunet25d.network import stacked
from labelct.trainer.resunet25d.settings import ResUNetSettings

ORDER = 5  # keeps the order of an epoch apart from the random numbers of patches (3) and drawn volumes (4)


@dataclass(frozen=True)
class Slices(Batches[ResUNetSettings]):
    """Batches of slices with their neighbours `(batch, 2 context + 1, x, y)`, and the labels of the slice between."""

    def drawn(self, step: int) -> list[dict[str, Any]]:
        """Return case, slice, crop and augmentation of each place in the batch of a step.

        Processes that train together share the slices of an epoch among them.
        """
        first = (step * self.ranks + self.rank) * self.settings.batch
        return [self.sample(rng, first + number) for number, rng in enumerate(self.streams(step))]

    def sample(self, rng: np.random.Generator, place: int) -> dict[str, Any]:
        """Draw what is cut as the slice number `place` of the whole training."""
        settings = self.settings
        params = sample_view(settings.augmentation, settings.size, rng)
        window, about = (params["width"], params["width"], 1), int(rng.integers(len(self.cases)))
        if rng.random() < settings.foreground and self.cases[about].centres:
            case, corner = about, sample_corner(self._shape(about), self.cases[about].centres, window, 1.0, rng)
        else:
            case, level = self.slice(place)
            corner = [*sample_corner(self._shape(case), {}, window, 0.0, rng)[:2], level]
        axes = flip_axes(settings.augmentation, self.labels)
        params |= {"case": case, "corner": corner, "flip": sample_flip(axes, rng)}
        return params | sample_intensity(settings.augmentation, rng)

    def slice(self, place: int) -> tuple[int, int]:
        """Return case and level of the slice number `place`: an epoch is a permutation of all slices."""
        ends = np.cumsum([case.hu.shape[2] for case in self.cases])
        epoch, index = divmod(place, int(ends[-1]))
        number = int(order(self.seed, epoch, int(ends[-1]))[index])
        case = int(np.searchsorted(ends, number, side="right"))
        return case, number - int(ends[case - 1] if case else 0)

    def cut(self, params: dict[str, Any]) -> tuple[Tensor, Tensor]:
        """Return the stack `(2 context + 1, x, y)`, normalised, and the labels `(1, x, y)` that `params` describe."""
        case, size, level = self.cases[params["case"]], self.settings.size, params["corner"][2]
        stack = stacked(case.hu, level, self.settings.context)
        image = view(stack, params, size, self.spacing, AIR)
        labels = view(case.labels[None, :, :, level], params, size, self.spacing, 0, "nearest").round().to(torch.uint8)
        properties, mirrored = self.properties(case), [axis + 1 for axis in params["flip"]]
        image = change_intensity(properties.standardised(image), params, properties)
        return image.flip(mirrored), labels.flip(mirrored)

    def _shape(self, case: int) -> tuple[int, ...]:
        return tuple(self.cases[case].hu.shape)


@lru_cache(maxsize=8)  # a batch reaches into two epochs; drawn volumes take turns
def order(seed: int, epoch: int, slices: int) -> NDArray[np.int64]:
    """Return the order of the slices in an epoch."""
    return np.random.default_rng([seed, ORDER, epoch]).permutation(slices)
