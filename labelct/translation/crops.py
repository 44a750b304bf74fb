"""Random square parts of slices: drawn on the host, cut on whatever device the slices lie on."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from labelct.translation.canvas import AIR
from labelct.translation.settings import TranslationSettings


def sample(
    rng: np.random.Generator, count: int, shape: tuple[int, int], settings: TranslationSettings
) -> NDArray[np.float32]:
    """Draw where crops lie, how they are turned and flipped.

    Args:
        rng: Source of all draws.
        count: Crops.
        shape: `(x, y)` pixels of the slices.
        settings: Crop, rotation, flips.

    Returns:
        `(count, 2, 3)`, from a crop's coordinates to those of the slice, as `affine_grid` has them: y before x, both
        within [-1, 1].
    """
    sides = np.array(shape, np.float64)
    if settings.crop == "fixed":
        side = np.full(count, float(settings.size))
        corner = np.stack([rng.integers(0, int(length) - settings.size + 1, count) for length in sides], 1)
    else:
        least, most = settings.ratio
        side = rng.uniform(least, most, count) * sides.min()
        corner = rng.random((count, 2)) * (sides - side[:, None])
    centre = 2 * (corner + side[:, None] / 2) / sides - 1
    angle = np.deg2rad(rng.uniform(-settings.rotation, settings.rotation, count))
    flips = np.where(rng.random((count, 2)) < 0.5, -1.0, 1.0)
    flip_x, flip_y = (flips[:, axis] if name in settings.flip else 1.0 for axis, name in enumerate("xy"))
    share_x, share_y = side / sides[0], side / sides[1]
    matrix = [
        [share_y * np.cos(angle) * flip_y, -share_y * np.sin(angle) * flip_x, centre[:, 1]],
        [share_x * np.sin(angle) * flip_y, share_x * np.cos(angle) * flip_x, centre[:, 0]],
    ]
    return np.array(matrix, np.float32).transpose(2, 0, 1)


def apply(slices: Tensor, drawn: NDArray[np.float32], size: int) -> Tensor:
    """Cut crops out of slices, with air where they reach beyond.

    Args:
        slices: `(crop, 1, x, y)` within [-1, 1].
        drawn: What `sample` drew.
        size: Pixels of a crop's side.

    Returns:
        `(crop, 1, size, size)` float32, linear between pixels.
    """
    matrices = torch.from_numpy(drawn).to(slices.device, non_blocking=True)
    grid = functional.affine_grid(matrices, [len(slices), 1, size, size], align_corners=False)
    above_air = slices.float() - AIR
    return functional.grid_sample(above_air, grid, mode="bilinear", padding_mode="zeros", align_corners=False) + AIR
