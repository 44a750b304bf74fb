"""The border of a segmentation, moved from the network's coarse grid to the edges of the CT."""

import warnings
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, find_objects, label
from skimage.segmentation import random_walker
from threadpoolctl import threadpool_limits
from torch import Tensor

FINER = 2  # half the network's voxel; each further halving takes eight times the memory
JOIN = 2  # voxels around an uncertain part: its box holds the seeds that border on it
TOLERANCE = 1e-3  # of the solver: the largest share wins, for which three digits are enough

Box = tuple[slice, ...]


def refine_boundary(
    scores: Tensor, hu: NDArray[np.float32], spacing: Sequence[float], certain: float, edge: float
) -> Tensor:
    """Let a random walk decide where the network is uncertain (Grady 2006, doi:10.1109/TPAMI.2006.233).

    A voxel of which the network is certain keeps its probabilities and is a seed. Every other one takes the shares in
    which walkers from it reach the seeds of each class; they seldom cross an edge. Where edges on all sides hold them,
    or nothing in reach differs, the share that reaches no seed goes by the network.

    Args:
        scores: `(class, x, y, z)` probabilities.
        hu: `(x, y, z)` on the same grid, clipped to the window that the network sees.
        spacing: Voxel size in mm.
        certain: Probability of a seed; the more certain half of what a class wins are seeds whatever it is.
        edge: Gradient in HU/mm across which a walker passes with 1/e of the weight that it has in even tissue.

    Returns:
        `(class, x, y, z)` probabilities.
    """
    seeds = certain_classes(scores, certain)
    walked = scores.clone()
    with threadpool_limits(1, "blas"):  # threads wait for each other in every one of the solver's short sums
        for box, unknown in _regions(seeds == 0):
            shares = torch.from_numpy(_shares(seeds[box], unknown, hu[box], spacing, edge, len(scores)))
            part, where = walked[(slice(None), *box)], torch.from_numpy(unknown)
            part[:, where] = shares + (1.0 - shares.sum(0)).clamp(min=0.0) * part[:, where]
    return walked


def certain_classes(scores: Tensor, certain: float) -> NDArray[np.int32]:
    """Return 1 + class where the network is certain, 0 elsewhere.

    Args:
        scores: `(class, x, y, z)` probabilities.
        certain: Lowest probability of a seed, or the median over what the class wins where that is lower.
    """
    highest, winner = (part.numpy() for part in scores.max(0))
    seeds = np.zeros(winner.shape, np.int32)
    for number in range(len(scores)):
        won = winner == number
        if won.any():
            seeds[won & (highest >= min(certain, float(np.median(highest[won]))))] = number + 1
    return seeds


def _regions(unknown: NDArray[np.bool_]) -> Iterator[tuple[Box, NDArray[np.bool_]]]:
    """Yield the parts of `unknown` that no walker can pass between: a box with a margin, and the part within it."""
    parts, _ = label(binary_dilation(unknown, iterations=JOIN))
    for number, box in enumerate(find_objects(parts), start=1):
        yield box, unknown[box] & (parts[box] == number)


def _shares(
    seeds: NDArray[np.int32],
    unknown: NDArray[np.bool_],
    hu: NDArray[np.float32],
    spacing: Sequence[float],
    edge: float,
    classes: int,
) -> NDArray[np.float32]:
    """Return `(class, n)` shares of the `n` voxels of `unknown`."""
    shares = np.zeros((classes, np.count_nonzero(unknown)), np.float32)
    bordering = np.where(binary_dilation(unknown), seeds, -1)
    present = np.unique(bordering[bordering > 0])
    if present.size == 1:
        shares[present[0] - 1] = 1.0
        return shares
    data = hu.astype(np.float64)
    deviation = float(data.std())
    if deviation == 0:
        return shares
    beta = 10.0 * deviation / edge**2  # random_walker divides by ten standard deviations of the box
    with warnings.catch_warnings():
        # Voxels that edges hold on all sides are solved loosely; `refine_boundary` gives what is amiss to the network.
        warnings.filterwarnings("ignore", "The probability range is outside", UserWarning)
        found = random_walker(
            *(data, bordering, beta, "cg_j", TOLERANCE), return_full_prob=True, spacing=np.asarray(spacing, float)
        )
    found = found[:, unknown].clip(0.0, 1.0)
    shares[present - 1] = found / found.sum(0).clip(min=1.0)
    return shares
