"""Where a crop of a slice lies: turned and enlarged about its centre, drawn as plain numbers, sampled on any device."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from labelct.trainer.cutting import crop
from labelct.trainer.resunet25d.settings import AugmentationSettings


def sample_view(settings: AugmentationSettings, size: int, rng: np.random.Generator) -> dict[str, Any]:
    """Draw the pixels along a side of the crop, `width`, and its `angle` in degrees."""
    ratio, angle = rng.uniform(settings.crop, 1.0), float(rng.uniform(-1, 1)) * settings.rotation
    return {"width": max(1, round(ratio * size)), "angle": angle}


def view(
    slices: Tensor, params: dict[str, Any], size: int, spacing: Sequence[float], fill: float, mode: str = "bilinear"
) -> Tensor:
    """Return the crop of `(channel, x, y)` that `params` describe, `(channel, size, size)` float32.

    Args:
        slices: On the network's grid.
        params: `width` in pixels, `angle` in degrees, `corner` (first pixel, negative outside).
        size: Pixels along each side of the result.
        spacing: Pixel size `(x, y)`, mm: the rotation is one of the body, not of the grid.
        fill: Value beyond the slice.
        mode: `bilinear` or `nearest`.
    """
    width, corner = params["width"], params["corner"][:2]
    if width == size and params["angle"] == 0:
        return crop(slices, (0, *corner), (len(slices), size, size), fill)
    across = np.asarray(slices.shape[1:])
    matrix = _rotation(params["angle"], spacing) * width / across[:, None]
    offset = (2 * np.asarray(corner) + width) / across - 1
    theta = np.concatenate([matrix[::-1, ::-1], offset[::-1, None]], 1)  # torch counts the axes of a grid from the last
    whole = torch.from_numpy(theta.astype(np.float32))[None]
    if slices.is_cuda:
        whole = whole.pin_memory().to(slices.device, non_blocking=True)
    grid = affine_grid(whole, [1, len(slices), size, size], align_corners=False)
    inside = slices.float()[None] - fill
    return grid_sample(inside, grid, mode=mode, padding_mode="zeros", align_corners=False)[0] + fill


def _rotation(angle: float, spacing: Sequence[float]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the matrix `(2, 2)` from pixels of the crop to pixels of the slice."""
    cos, sin = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    x, y = spacing[:2]
    return np.array([[cos, -sin * y / x], [sin * x / y, cos]])
