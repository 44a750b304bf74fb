"""The pool of translated images: a discriminator sees older ones too, so that it does not forget them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

KEPT = 0.5  # chance that an image goes straight through a full pool


class ImagePool:
    """Keeps images and gives back some of them in place of new ones.

    Source: Shrivastava et al., Learning from Simulated and Unsupervised Images through Adversarial Training (2017),
    with the numbers of CycleGAN.
    """

    def __init__(self, size: int) -> None:
        """Begin with an empty pool.

        Args:
            size: Images that it holds; 0: none, and what comes in goes out.
        """
        self.size = size
        self.images: list[Tensor] = []

    def exchange(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        """Put images in and return as many.

        While the pool fills, each is kept and returned. Once it is full, each is returned, or takes the place of a
        random one that is returned for it, with a chance of one half.

        Args:
            images: `(batch, 1, x, y)`, detached.
            rng: Decides.

        Returns:
            `(batch, 1, x, y)`.
        """
        if not self.size:
            return images
        return torch.cat([self._exchanged(image, rng) for image in images.split(1)])

    def _exchanged(self, image: Tensor, rng: np.random.Generator) -> Tensor:
        if len(self.images) < self.size:
            self.images.append(image.clone())
            return image
        if rng.random() < KEPT:
            return image
        place = int(rng.integers(self.size))
        older, self.images[place] = self.images[place], image.clone()
        return older.to(image)

    def state(self) -> Tensor | None:
        """Return what it holds, `(image, 1, x, y)`; None where that is nothing."""
        return torch.cat(self.images) if self.images else None

    def restore(self, images: Tensor | None) -> None:
        """Take what `state` returned for what it holds."""
        self.images = [] if images is None else [image.clone() for image in images.split(1)]
