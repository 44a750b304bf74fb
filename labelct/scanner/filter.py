"""The ramp filter along the channels of parallel projections.

The kernel is sampled in space, `k[0] = 1 / (4 du^2)`, `k[n] = -1 / (pi n du)^2` for odd n and 0 for even n (Kak &
Slaney 1988, eq. 3.29), then transformed: a sampled `|f|` would shift the image's mean.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

SOFT_HALF = 0.38  # cycles/mm at which a body kernel such as B40 or "standard" passes a half


def apodisation(kernel: str, frequency: NDArray[Any], nyquist: float) -> NDArray[Any]:
    """Return what a reconstruction kernel lets pass.

    Args:
        kernel: ram-lak, shepp-logan, cosine, hann (relative to the detector's Nyquist frequency) or soft: a
            Gaussian with the resolution of a body soft-tissue kernel, wider where the detector is too coarse for it.
        frequency: In cycles/mm.
        nyquist: Of the detector in cycles/mm.
    """
    relative = frequency / nyquist
    if kernel == "ram-lak":
        return np.ones_like(frequency)
    if kernel == "shepp-logan":
        return np.sinc(relative / 2)
    if kernel == "cosine":
        return np.cos(np.pi / 2 * relative)
    if kernel == "hann":
        return 0.5 + 0.5 * np.cos(np.pi * relative)
    half = min(SOFT_HALF, 0.55 * nyquist)
    return np.exp(-math.log(2) * (frequency / half) ** 2)


def ramp(kernel: str, channels: int, spacing: float) -> NDArray[np.float32]:
    """Return the filter's response on the frequencies of a real transform long enough not to wrap.

    Args:
        kernel: See `apodisation`.
        channels: Samples of a projection.
        spacing: Their distance du in mm.

    Returns:
        `(length // 2 + 1,)`, in 1/mm, with `length` from `fast_length`.
    """
    length = fast_length(channels)
    number = np.minimum(np.arange(length), length - np.arange(length))
    space = np.zeros(length)
    odd = number % 2 == 1
    space[odd] = -1 / (np.pi * number[odd] * spacing) ** 2
    space[0] = 1 / (4 * spacing**2)
    response = np.fft.rfft(space).real * spacing
    frequency = np.fft.rfftfreq(length, spacing)
    windowed: NDArray[np.float64] = response * apodisation(kernel, frequency, 0.5 / spacing)
    return windowed.astype(np.float32)


def fast_length(channels: int) -> int:
    """Return a fast transform length that is long enough for projections of `channels` samples not to wrap."""
    from scipy.fft import next_fast_len

    return int(next_fast_len(2 * channels - 1, real=True))
