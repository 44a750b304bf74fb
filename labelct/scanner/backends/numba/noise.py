"""Photons drawn with NumPy, a random stream for each view."""

import numpy as np

from labelct.scanner.dose import NORMAL_FROM
from labelct.scanner.geometry import Array
from labelct.threads import over


def sample_counts(expected: Array, electronic_noise: float, rng: np.random.Generator) -> Array:
    """Draw detector readings: Poisson photons plus normal electronic noise.

    Below `NORMAL_FROM` photons the Poisson sample is exact; above, a Cornish-Fisher expansion of the sum's first
    three cumulants stands for it, `N = m + sqrt(V) z + m / (6 V) (z^2 - 1)` with `V = m + s^2`.

    Args:
        expected: Expected photons, any shape.
        electronic_noise: Standard deviation s in photons.
        rng: Source of randomness.
    """
    z = rng.standard_normal(expected.shape, dtype=np.float32)
    variance = expected + np.float32(electronic_noise**2)
    counts: Array = expected + np.sqrt(variance) * z + expected / (6 * variance) * (z * z - 1)
    starved = expected < NORMAL_FROM
    counts[starved] = rng.poisson(expected[starved]) + np.float32(electronic_noise) * z[starved]
    return counts


def measure(clean: Array, first: int, photons: Array, electronic_noise: float, seed: int) -> Array:
    """Return line integrals as a detector measures them; see `Backend.measure`."""
    noisy = np.empty_like(clean)

    def draw(view: int) -> None:
        rng = np.random.Generator(np.random.SFC64([seed, first + view]))
        counts = sample_counts(photons[:, None] * np.exp(-clean[view]), electronic_noise, rng)
        np.log(photons[:, None] / np.maximum(counts, 1.0), out=noisy[view])

    over(draw, len(clean))
    return noisy
