"""From a tube setting to photons, and from photons to noisy line integrals."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from labelct.scanner.geometry import Helix
from labelct.scanner.settings import DoseSettings

OUTPUT = 1.09e6  # photons / (mm^2 mAs) at 1 m behind 3 mm aluminium and the middle of the bowtie, 120 kVp
FULL_DOSE_MAS = 165.0
FULL_DOSE_PHOTONS = 2e5  # what FULL_DOSE_MAS gives in a cell of 0.6 x 0.6 mm at the isocentre, 1000 views per turn
NORMAL_FROM = 50.0  # photons from which a skewed normal stands for the Poisson distribution
BOWTIE_FLUENCE = {"small": (0.18, 0.093), "medium": (0.30, 0.092), "large": (0.42, 0.095)}  # at 11 and 23 degrees


def dose_fraction(dose: DoseSettings) -> float:
    """Return the dose relative to `full`; infinite for a noise-free scan.

    `photons` counts in the reference cell here, as no detector is known.
    """
    if dose.mas is not None:
        return dose.mas / FULL_DOSE_MAS
    return math.inf if dose.photons is None else dose.photons / FULL_DOSE_PHOTONS


def bowtie(name: str, gamma: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the fluence behind the bowtie filter relative to its middle.

    Args:
        name: none, small, medium or large.
        gamma: Fan angles in rad, `(channel,)`.
    """
    from scipy.interpolate import PchipInterpolator

    if name == "none":
        return np.ones_like(gamma)
    inner, outer = np.log(BOWTIE_FLUENCE[name])
    knots = np.deg2rad([-23.0, -11.0, 0.0, 11.0, 23.0])
    log_fluence = PchipInterpolator(knots, [outer, inner, 0.0, inner, outer])
    return np.exp(log_fluence(np.clip(gamma, knots[0], knots[-1])))


def fluence(dose: DoseSettings, helix: Helix, efficiency: float = 1.0) -> NDArray[np.float32]:
    """Return the photons that each channel's cells count in one view without an object, `(channel,)`.

    Args:
        dose: Tube setting or photons, and the bowtie filter.
        helix: Cell size, distance and views per turn.
        efficiency: Share of the photons that are counted.
    """
    if dose.photons is not None:
        middle = dose.photons
    else:
        cell = helix.source_detector * helix.channel_pitch * helix.row_pitch
        middle = OUTPUT * (dose.mas or 0.0) / helix.views_per_turn * cell * (1000.0 / helix.source_detector) ** 2
    return (efficiency * middle * bowtie(dose.bowtie, helix.gamma)).astype(np.float32)


def sample_counts(
    expected: NDArray[np.float32], electronic_noise: float, rng: np.random.Generator
) -> NDArray[np.float32]:
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
    counts = expected + np.sqrt(variance) * z + expected / (6 * variance) * (z * z - 1)
    starved = expected < NORMAL_FROM
    counts[starved] = rng.poisson(expected[starved]) + np.float32(electronic_noise) * z[starved]
    return counts


def noisy_views(
    clean: NDArray[np.float32], photons: NDArray[np.float32], electronic_noise: float, seed: int, first_view: int
) -> NDArray[np.float32]:
    """Return line integrals as a detector measures them; each view has its own random stream.

    Args:
        clean: Noise-free line integrals `(view, channel, row)`.
        photons: Photons without an object, `(channel,)`.
        electronic_noise: In photons.
        seed: Of the scan.
        first_view: Number of the first view in the scan, so that blocks of views can be drawn in any order.
    """
    from labelct.threads import over

    noisy = np.empty_like(clean)

    def draw(view: int) -> None:
        rng = np.random.Generator(np.random.SFC64([seed, first_view + view]))
        counts = sample_counts(photons[:, None] * np.exp(-clean[view]), electronic_noise, rng)
        np.log(photons[:, None] / np.maximum(counts, 1.0), out=noisy[view])

    over(draw, len(clean))
    return noisy
