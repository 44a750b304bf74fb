"""Volumes, labels and class scores between the grid of a file and the grid the network works on."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from torch import Tensor
from torch.nn.functional import interpolate

ROWS = 32  # of x: at 512 x 512 they take 34 MB a class, all rows of a CT half a GB or more


def shape_at(shape: Sequence[int], spacing: Sequence[float], target: Sequence[float]) -> tuple[int, int, int]:
    """Return the shape `(x, y, z)` that covers the same extent at the voxel size `target`.

    Args:
        shape: Voxels `(x, y, z)`.
        spacing: Their size, mm.
        target: The new size, mm; a difference below one per cent counts as none.
    """
    factors = [1.0 if abs(old / new - 1) < 0.01 else old / new for old, new in zip(spacing, target, strict=True)]
    x, y, z = (max(1, round(n * factor)) for n, factor in zip(shape, factors, strict=True))
    return x, y, z


def resample(array: NDArray[np.float32], shape: Sequence[int]) -> NDArray[np.float32]:
    """Resample linearly to `shape`; where the grid gets coarser, a Gaussian takes out what it cannot hold.

    Args:
        array: `(x, y, z)`.
        shape: The new `(x, y, z)` over the same extent (voxel edges coincide, not centres).

    Returns:
        `(x, y, z)` float32.
    """
    if tuple(shape) == array.shape:
        return array
    sigma = [max(0.0, (old / new - 1) / 2) for old, new in zip(array.shape, shape, strict=True)]
    smooth = gaussian_filter(array, sigma, mode="nearest", truncate=3.0) if any(sigma) else array
    grid = interpolate(torch.from_numpy(np.ascontiguousarray(smooth))[None, None], size=tuple(shape), mode="trilinear")
    resampled: NDArray[np.float32] = grid[0, 0].numpy()
    return resampled


def resample_labels(labels: NDArray[np.uint8], shape: Sequence[int], values: Sequence[int]) -> NDArray[np.uint8]:
    """Resample labels: each value's mask linearly, the largest share wins.

    Args:
        labels: `(x, y, z)`.
        shape: The new `(x, y, z)`.
        values: The label values, background left out.
    """
    if tuple(shape) == labels.shape:
        return labels
    best = resample((labels == 0).astype(np.float32), shape)
    winner = np.zeros(tuple(shape), np.uint8)
    for value in values:
        share = resample((labels == value).astype(np.float32), shape)
        winner[share > best] = value
        np.maximum(best, share, out=best)
    return winner


def rows_of(start: int, stop: int, size: int, native: int) -> tuple[int, int]:
    """Return the rows of a `native`-long axis whose centres fall into `[start, stop)` of its `size` network rows."""
    first, last = (-(-(2 * edge * native - size) // (2 * size)) for edge in (start, stop))
    return max(0, first), min(native, last)


def winners(scores: Tensor, shape: Sequence[int], rows: tuple[int, int], offset: int, size: int) -> NDArray[np.uint8]:
    """Bring class scores to the native grid, linearly, and take the best class of each voxel.

    Only a few rows of x are held at the native grid at once, class by class, so a large volume needs little memory.

    Args:
        scores: `(class, x, y, z)` on the network's grid; x may be a chunk of it.
        shape: Native `(x, y, z)`.
        rows: First and last + 1 native row of x to make.
        offset: Row of the network's grid at which the chunk begins.
        size: Rows of x of the network's whole grid.

    Returns:
        `(rows, y, z)` index of the best class.
    """
    best = np.empty((rows[1] - rows[0], *shape[1:]), np.uint8)
    for first in range(rows[0], rows[1], ROWS):
        last = min(first + ROWS, rows[1])
        place = (torch.arange(first, last) + 0.5) * size / shape[0] - 0.5 - offset
        best[first - rows[0] : last - rows[0]] = _winners(scores, place.clamp(0, scores.shape[1] - 1), shape[1:])
    return best


def _winners(scores: Tensor, place: Tensor, shape: Sequence[int]) -> NDArray[np.uint8]:
    """Return the best class `(rows, y, z)` at the fractional rows `place` of x."""
    below = place.floor().long()
    above = (below + 1).clamp(max=scores.shape[1] - 1)
    weight = (place - below)[:, None, None].to(scores.device)
    high = index = None
    for value, score in enumerate(scores):
        rows = torch.lerp(score[below].float(), score[above].float(), weight)
        native = (
            rows if rows.shape[1:] == tuple(shape) else interpolate(rows[None], size=tuple(shape), mode="bilinear")[0]
        )
        if high is None or index is None:
            high, index = native, torch.zeros(native.shape, dtype=torch.uint8, device=native.device)
            continue
        index[native > high] = value
        high = torch.maximum(high, native)
    assert index is not None
    found: NDArray[np.uint8] = index.cpu().numpy()
    return found
