"""The course of every ray through a grid, worked out in float64 and handed to the kernels as float32."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from labelct.scanner.backends.cuda.device import table
from labelct.scanner.geometry import Grid, Helix

PARALLEL = 1e-6  # columns per plane below which a ray's way in and out is not looked for


def rays(helix: Helix, grid: Grid, focus: NDArray[np.float64] | None = None) -> Tensor:
    """Return what the kernels read of each ray, `(10, view * channel)` float32.

    A ray crosses the planes of its main axis, of number m, at `a + b m` columns across them and, for a row at height v
    on the detector, at `height + (c + d m) v` slices.

    Args:
        helix: The scan.
        grid: Padded by an empty column, which no ray needs.
        focus: Shift of the focus along the focal spot for each channel in mm, `(channel,)`.

    Returns:
        a, b, c, d, height of the focus above slice 0, in-plane path from plane to plane in mm, first plane and one
        behind the last that the ray needs, 1 where the main axis is x, one over the in-plane way to the detector.
    """
    shift = table(np.zeros(helix.channels) if focus is None else focus)
    ahead = table(helix.source_detector * np.cos(helix.gamma))
    side = table(helix.source_detector * np.sin(helix.gamma)) + shift
    view, r = np.arange(helix.views), helix.source_isocentre
    cos, sin = (table(part(helix.angle(view)))[:, None] for part in (np.cos, np.sin))
    start = r * cos - shift * sin, r * sin + shift * cos
    way = torch.hypot(ahead, side).expand_as(start[0])
    direction = (side * sin - ahead * cos) / way, (-ahead * sin - side * cos) / way
    along_x = direction[0].abs() >= direction[1].abs()
    courses = zip(*(_course(start, direction, grid, axis) for axis in (0, 1)), strict=True)
    a, b, c, d, first, stop = (torch.where(along_x, x, y) for x, y in courses)
    height = table((helix.height(view) - grid.origin[2]) / grid.spacing[2])[:, None].expand_as(a)
    rise = 1 / (way * grid.spacing[2])  # slices per mm of path and mm of height on the detector
    numbers = [a, b, c * rise, d * rise, height, d.abs(), first, stop, along_x, 1 / way]
    return torch.stack([number.to(torch.float32).flatten() for number in numbers])


def _course(start: tuple[Tensor, Tensor], direction: tuple[Tensor, Tensor], grid: Grid, axis: int) -> list[Tensor]:
    """Return rays along one main axis: a, b, in-plane path `c + d m` in mm, first plane and one behind the last."""
    other, last = 1 - axis, grid.shape[axis] - 1
    along, across = direction[axis], direction[other]
    c, d = (grid.origin[axis] - start[axis]) / along, grid.spacing[axis] / along
    a = (start[other] - grid.origin[other] + c * across) / grid.spacing[other]
    b = d * across / grid.spacing[other]
    ends = -a / b, (grid.shape[other] - 1 - a) / b
    parallel = b.abs() < PARALLEL
    first = torch.minimum(*ends).floor().clamp(1, last).masked_fill(parallel, 1)
    stop = (torch.maximum(*ends).ceil() + 1).clamp(1, last).masked_fill(parallel, last)
    return [a, b, c, d, first, stop]
