"""What the shared training loop asks of the 2.5-D residual U-Net."""

from dataclasses import replace
from math import ceil
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from labelct.dataset import TrainingSet
from labelct.io.nifti import read_grid
from labelct.trainer.family import Family
from labelct.trainer.resampling import grid_spacing, shape_at
from labelct.trainer.resunet25d.network import SliceLoss, definition, expect, probabilities, stacked
from labelct.trainer.resunet25d.settings import VALIDATIONS, ResUNetSettings
from labelct.trainer.resunet25d.slices import Slices
from labelct.trainer.sliding_window import Windows, blended


class ResUNetFamily(Family[ResUNetSettings]):
    """A residual U-Net on slices with their neighbours, cross-entropy."""

    schema, batches = ResUNetSettings, Slices

    def build(self, settings: ResUNetSettings, classes: int) -> nn.Module:
        """Return a new network that expects as many targets as the settings say."""
        network = super().build(settings, classes)
        if settings.target_share is not None:
            expect(network, settings.target_share)
        return network

    def definition(self, settings: ResUNetSettings, classes: int) -> tuple[str, dict[str, Any]]:
        """Return MONAI's class of the network and its arguments."""
        return definition(settings, classes)

    def loss(self, ignore: int | None) -> nn.Module:
        """Return the cross-entropy."""
        return SliceLoss(ignore)

    def patch(self, settings: ResUNetSettings) -> tuple[int, ...]:
        """Return the slices that are seen together, and their pixels."""
        return 2 * settings.context + 1, settings.size, settings.size

    def class_scores(self, network: nn.Module, image: Tensor, settings: ResUNetSettings, windows: Windows) -> Tensor:
        """Return the class probabilities of a volume, each slice of it seen between its neighbours."""
        volume, size, batch = image[0, 0], (settings.size, settings.size), settings.prediction.batch
        windows = replace(windows, fill=float(volume.min()))
        parts = []
        for first in range(0, volume.shape[2], batch):
            levels = range(first, min(first + batch, volume.shape[2]))
            stacks = torch.stack([stacked(volume, level, settings.context) for level in levels])
            parts.append(blended(network, probabilities, stacks, size, batch, windows))
        return torch.cat(parts).movedim(0, -1)[None]

    def resolved(self, settings: ResUNetSettings, training_set: TrainingSet, processes: int) -> ResUNetSettings:
        """Return the settings with grid, steps and validations written out: an epoch is one pass over all slices."""
        spacing = settings.spacing or [*training_set.spacing[:2], 0.0]
        slices = 0
        for case in training_set.train if not settings.steps else ():
            shape, affine = read_grid(case.label)
            own = np.linalg.norm(affine[:3, :3], axis=0).tolist()
            slices += shape_at(shape, own, grid_spacing(own, spacing))[2]
        steps = settings.steps or ceil(settings.epochs * slices / (settings.batch * processes))
        every = settings.validate_every or max(1, round(steps / VALIDATIONS))
        return replace(settings, spacing=list(spacing), steps=steps, validate_every=every)


RESUNET = ResUNetFamily()
