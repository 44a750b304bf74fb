"""Random changes of one 3-D patch: what is drawn (plain numbers) and what it does to where a voxel lies."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from labelct.rotation import rotation_about
from labelct.trainer.augmentation import sample_flip, sample_intensity
from labelct.trainer.unet.settings import AugmentationSettings


def sample_augmentation(
    settings: AugmentationSettings, axes: Sequence[int], spacing: Sequence[float], rng: np.random.Generator
) -> dict[str, Any]:
    """Draw the changes of one patch.

    Args:
        settings: Their widths.
        axes: Axes that may be mirrored.
        spacing: Voxel size `(x, y, z)`, mm: the rotation is one of the body, not of the grid.
        rng: The stream of the patch.

    Returns:
        `flip` (axes), `matrix` (3 x 3, patch voxels to volume voxels, or None), `scale`, `shift`, `gamma`, `noise`
        (standard deviation), `noise_seed` and `z_range` (first and last share of z that the scan covers, or None).
    """
    drawn: dict[str, Any] = {
        "flip": sample_flip(axes, rng),
        "matrix": sample_matrix(settings, spacing, rng) if rng.random() < settings.spatial else None,
        **sample_intensity(settings, rng),
        "z_range": None,
    }
    if rng.random() < settings.truncate_z_probability:
        first = float(rng.uniform(-0.5, 0.7))
        drawn["z_range"] = [max(0.0, first), min(1.0, first + float(rng.uniform(0.3, 1.5)))]
    return drawn


def sample_matrix(
    settings: AugmentationSettings, spacing: Sequence[float], rng: np.random.Generator
) -> list[list[float]]:
    """Draw a rotation about each axis and a zoom as a matrix from patch to volume, in voxels."""
    matrix = np.eye(3) * np.exp(rng.uniform(-1, 1) * settings.zoom)
    for axis in range(3):
        matrix = matrix @ rotation_about(axis, np.deg2rad(rng.uniform(-1, 1) * settings.rotation))
    size = np.asarray(spacing)
    return (matrix * size[None, :] / size[:, None]).tolist()


def box_of(matrix: Sequence[Sequence[float]], patch: Sequence[int]) -> tuple[int, ...]:
    """Return the voxels `(x, y, z)` of the volume that a patch turned by `matrix` can reach."""
    reach = np.abs(np.asarray(matrix)) @ np.asarray(patch)
    return tuple(int(np.ceil(size)) + 2 for size in reach)


def turn(box: Tensor, matrix: Sequence[Sequence[float]], patch: Sequence[int], mode: str) -> Tensor:
    """Sample a patch `(x, y, z)` out of the box around the same centre.

    Args:
        box: `(x, y, z)`, as large as `box_of` says.
        matrix: Patch voxels to volume voxels about the centre.
        patch: Shape of the patch.
        mode: `bilinear` or `nearest`.
    """
    theta = np.asarray(matrix) * np.asarray(patch)[None, :] / np.asarray(box.shape)[:, None]
    whole = torch.zeros(1, 3, 4)
    whole[0, :, :3] = torch.from_numpy(theta[::-1, ::-1].copy())  # torch counts the axes of a grid from the last
    if box.is_cuda:
        whole = whole.pin_memory().to(box.device, non_blocking=True)
    grid = affine_grid(whole, [1, 1, *patch], align_corners=False)
    return grid_sample(box[None, None], grid, mode=mode, padding_mode="border", align_corners=False)[0, 0]


def truncate_z(block: Tensor, z_range: Sequence[float] | None, extend: int, fill: float) -> Tensor:
    """End the scan within the patch, and go on as prediction does: end slices repeated, then air.

    Args:
        block: `(x, y, z)`.
        z_range: First and last share of z that the scan covers; None: all of it.
        extend: How many times an end slice is repeated.
        fill: Value beyond.

    Returns:
        `(x, y, z)`, a copy where the scan ends.
    """
    if z_range is None:
        return block
    depth = block.shape[2]
    first, last = (round(share * depth) for share in z_range)
    levels = torch.arange(depth, device=block.device)
    beyond = (levels < first - extend) | (levels >= last + extend)
    end = max(first, last - 1)  # of a scan that ends below the patch, what is repeated into it is like its first slice
    return block[:, :, levels.clamp(first, end)].masked_fill(beyond, fill)
