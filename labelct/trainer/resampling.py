"""Volumes, labels and class scores between the grid of a file and the grid the network works on."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from torch import Tensor
from torch.nn.functional import conv1d, interpolate, pad

TRUNCATE = 3.0  # standard deviations at which a Gaussian ends
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


def grid_spacing(own: Sequence[float], wanted: Sequence[float]) -> tuple[float, float, float]:
    """Return the voxel size `(x, y, z)` of a volume on a network's grid, mm: `wanted`, or its `own` where that is 0."""
    x, y, z = (size or native for size, native in zip(wanted, own, strict=True))
    return x, y, z


def resample(volume: Tensor, shape: Sequence[int]) -> Tensor:
    """Resample linearly to `shape`; where the grid gets coarser, a Gaussian takes out what it cannot hold.

    Args:
        volume: `(x, y, z)` float32, on the CPU or on a GPU.
        shape: The new `(x, y, z)` over the same extent (voxel edges coincide, not centres).

    Returns:
        `(x, y, z)` float32, on the same device.
    """
    if tuple(shape) == tuple(volume.shape):
        return volume
    sigma = [max(0.0, (old / new - 1) / 2) for old, new in zip(volume.shape, shape, strict=True)]
    if any(sigma):
        volume = blurred(volume, sigma) if volume.is_cuda else _blurred_by_scipy(volume, sigma)
    return interpolate(volume.contiguous()[None, None], size=tuple(shape), mode="trilinear")[0, 0]


def blurred(volume: Tensor, sigma: Sequence[float]) -> Tensor:
    """Convolve `(x, y, z)` with a Gaussian of `sigma` voxels along each axis, cut off at three; ends are repeated."""
    for axis, width in enumerate(sigma):
        if width:
            reach = int(TRUNCATE * width + 0.5)  # as scipy rounds it
            weights = torch.exp(-0.5 * (torch.arange(-reach, reach + 1, device=volume.device) / width) ** 2)
            rows = volume.movedim(axis, -1)
            padded = pad(rows.reshape(-1, 1, rows.shape[-1]), (reach, reach), mode="replicate")
            volume = conv1d(padded, (weights / weights.sum())[None, None]).reshape(rows.shape).movedim(-1, axis)
    return volume


def _blurred_by_scipy(volume: Tensor, sigma: Sequence[float]) -> Tensor:
    """Do the same on a CPU, where scipy takes a fifth of the time."""
    return torch.from_numpy(gaussian_filter(volume.numpy(), sigma, mode="nearest", truncate=TRUNCATE))


def resample_labels(labels: Tensor, shape: Sequence[int], values: Sequence[int]) -> Tensor:
    """Resample labels: each value's mask linearly, the largest share wins.

    Args:
        labels: `(x, y, z)` uint8.
        shape: The new `(x, y, z)`.
        values: The label values, background left out.
    """
    if tuple(shape) == tuple(labels.shape):
        return labels
    best = resample((labels == 0).float(), shape)
    winner = torch.zeros(tuple(shape), dtype=torch.uint8, device=labels.device)
    for value in values:
        share = resample((labels == value).float(), shape)
        winner = torch.where(share > best, value, winner)
        best = torch.maximum(best, share)
    return winner


def rows_of(start: int, stop: int, size: int, native: int) -> tuple[int, int]:
    """Return the rows of a `native`-long axis whose centres fall into `[start, stop)` of its `size` network rows."""
    first, last = (-(-(2 * edge * native - size) // (2 * size)) for edge in (start, stop))
    return max(0, first), min(native, last)


def winners(
    scores: Tensor,
    shape: Sequence[int],
    rows: tuple[int, int],
    chunk: tuple[int, int],
    probabilities: NDArray[np.float16] | None = None,
) -> NDArray[np.uint8]:
    """Bring class scores to the native grid, linearly, and take the best class of each voxel.

    Only a few rows of x are held at the native grid at once, class by class, so a large volume needs little memory.

    Args:
        scores: `(class, x, y, z)` on the network's grid; x may be a chunk of it.
        shape: Native `(x, y, z)`.
        rows: First and last + 1 native row of x to make.
        chunk: Row of the network's grid at which the chunk begins, and rows of x of the whole grid.
        probabilities: `(class - 1, rows, y, z)`, filled with the scores of all classes but the first; None: not asked
            for.

    Returns:
        `(rows, y, z)` index of the best class.
    """
    offset, size = chunk
    best = np.empty((rows[1] - rows[0], *shape[1:]), np.uint8)
    for first in range(rows[0], rows[1], ROWS):
        part = slice(first - rows[0], min(first + ROWS, rows[1]) - rows[0])
        place = (torch.arange(rows[0] + part.start, rows[0] + part.stop) + 0.5) * size / shape[0] - 0.5 - offset
        shown = None if probabilities is None else probabilities[:, part]
        best[part] = _winners(scores, place.clamp(0, scores.shape[1] - 1), shape[1:], shown)
    return best


def _winners(
    scores: Tensor, place: Tensor, shape: Sequence[int], probabilities: NDArray[np.float16] | None
) -> NDArray[np.uint8]:
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
        if probabilities is not None and value:
            probabilities[value - 1] = native.clamp(0, 1).cpu().numpy()
        if high is None or index is None:
            high, index = native, torch.zeros(native.shape, dtype=torch.uint8, device=native.device)
            continue
        index = torch.where(native > high, value, index)
        high = torch.maximum(high, native)
    assert index is not None
    found: NDArray[np.uint8] = index.cpu().numpy()
    return found
