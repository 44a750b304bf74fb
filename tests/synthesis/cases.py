"""A small trunk: 160 x 144 x 120 mm with a liver, a spleen, a colon and a vertebra."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

NAMES = {1: "spleen", 5: "liver", 20: "colon", 31: "vertebrae_L1"}


@dataclass
class Case:
    label_map: NDArray[np.uint8]
    spacing: tuple[float, float, float]
    names: dict[int, str] = field(default_factory=lambda: dict(NAMES))

    def where(self, name: str) -> NDArray[np.bool_]:
        return self.label_map == next(value for value, known in self.names.items() if known == name)


def ball(shape: tuple[int, ...], centre: tuple[float, ...], radius: tuple[float, ...]) -> NDArray[np.bool_]:
    grid = np.ogrid[tuple(slice(n) for n in shape)]
    return sum(((g - c) / r) ** 2 for g, c, r in zip(grid, centre, radius, strict=True)) <= 1
