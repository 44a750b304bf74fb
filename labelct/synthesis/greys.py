"""Grey values of clips: which of them a voxel reads, and the HU that each stands for.

Histogram matching goes through a table of 256 entries: the clip's grey values inside the organ are counted exactly,
and each takes the reference quantile at the middle of its step of the cumulative histogram (Gonzalez and Woods,
Digital Image Processing, ch. 3.3). `skimage.exposure.match_histograms` takes the upper end of the step; the two differ
by at most one grey value's share of the organ.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.priors.table import QUANTILE_LEVELS
from labelct.synthesis.bank import Bank

GREYS = 256
LOWEST_HU = -1024.0  # of a 12-bit CT
LARGEST_GAIN = 4.0  # a clip stretched further shows its 8 bits as steps


def reflect(position: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """Fold positions into `[0, length - 1]` by reflection at both ends, as often as it takes."""
    if length == 1:
        return np.zeros_like(position)
    folded = np.mod(position, 2.0 * (length - 1))
    return np.minimum(folded, 2.0 * (length - 1) - folded)


def axis_tables(
    params: Mapping[str, Any], bank: Bank, box_start: Sequence[int] | NDArray[np.integer], shape: Sequence[int]
) -> tuple[list[NDArray[np.int64]], list[NDArray[np.int64]], list[NDArray[np.int64]]]:
    """Return, for each volume axis, where in the bank its planes are read.

    Args:
        params: Of `sample_clip`.
        bank: Clips.
        box_start: First voxel `(x, y, z)` of the organ's bounding box, where `start` lies.
        shape: Voxels `(x, y, z)` of the volume.

    Returns:
        Index of the lower neighbour, index of the upper one (both as offsets into `bank.pixels`, to be added over the
        axes), and the upper one's weight in 1/256.
    """
    size = bank.shapes[params["clip"]]
    strides = (size[1] * size[2], size[2], 1)
    lower, upper, weight = [], [], []
    for axis, dimension in enumerate(params["axes"]):
        travelled = params["step"][dimension] * (np.arange(shape[axis]) - box_start[axis])
        position = reflect(params["start"][dimension] + travelled, size[dimension])
        fine = np.floor(position * 256.0 + 0.5).astype(np.int64)
        base = bank.starts[params["clip"]] if axis == 0 else 0
        lower.append(base + (fine >> 8) * strides[dimension])
        upper.append(base + np.minimum((fine >> 8) + 1, size[dimension] - 1) * strides[dimension])
        weight.append(fine & 255)
    return lower, upper, weight


def grey_quantiles(counts: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the middle of each grey value's step of the cumulative histogram, in (0, 1).

    Args:
        counts: `(256,)` voxels of each grey value inside the organ.
    """
    total = max(int(counts.sum()), 1)
    middle = (np.cumsum(counts) - 0.5 * counts) / total
    return np.clip(middle, 0.5 / total, 1.0 - 0.5 / total)


def organ_table(
    counts: NDArray[np.integer], mean: float, sd: float, quantiles: Sequence[float] = ()
) -> NDArray[np.float32]:
    """Return the HU of every grey value so that an organ's voxels follow N(mean, sd) or a fitted histogram.

    A clip with few or saturated greys cannot take the shape; mean and spread are made exact all the same, by one
    linear map of the table.

    Args:
        counts: `(256,)` voxels of each grey value inside the organ.
        mean: Mean in HU.
        sd: Standard deviation in HU.
        quantiles: HU around the mean at the probabilities of `priors.QUANTILE_LEVELS`; none stand for a normal.
    """
    shape, centre, spread = _shape(counts, sd, quantiles)
    gain = min(sd / spread, LARGEST_GAIN) if spread > 0 else 0.0
    return _rounded(mean + gain * (shape - centre))


def is_flat(counts: NDArray[np.integer], sd: float, quantiles: Sequence[float] = ()) -> bool:
    """Return whether a clip has too few greys inside an organ to take its standard deviation; arguments as above."""
    return LARGEST_GAIN * _shape(counts, sd, quantiles)[2] < sd


def _shape(
    counts: NDArray[np.integer], sd: float, quantiles: Sequence[float]
) -> tuple[NDArray[np.float64], float, float]:
    """Return the HU of every grey before they are made exact, with their mean and standard deviation."""
    from scipy.special import ndtri

    levels = ndtri(grey_quantiles(counts))
    shape = np.interp(levels, QUANTILE_LEVELS, quantiles) if len(quantiles) else sd * levels
    share = counts / max(int(counts.sum()), 1)
    centre = float(share @ shape)
    return shape, centre, float(np.sqrt(share @ (shape - centre) ** 2))


def quantile_table(
    counts: NDArray[np.integer], probability: Sequence[float], hu: Sequence[float]
) -> NDArray[np.float32]:
    """Return the HU of every grey value so that the voxels follow a quantile function.

    Args:
        counts: `(256,)` voxels of each grey value.
        probability: Ascending, 0 to 1.
        hu: HU at each probability.
    """
    return _rounded(np.interp(grey_quantiles(counts), probability, hu))


def _rounded(hu: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return HU to two decimals: what differs between machines in the last bit shall not differ in a replay."""
    return np.round(np.maximum(hu, LOWEST_HU), 2).astype(np.float32)
