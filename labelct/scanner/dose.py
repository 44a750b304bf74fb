"""From a tube setting to the photons that a detector counts without an object."""

import math

import numpy as np
from numpy.typing import NDArray

from labelct.scanner.geometry import Helix
from labelct.scanner.settings import DoseSettings

OUTPUT = 1.09e6  # photons / (mm^2 mAs) at 1 m behind 3 mm aluminium and the middle of the bowtie, 120 kVp
FULL_DOSE_MAS = 165.0
FULL_DOSE_PHOTONS = 2e5  # what FULL_DOSE_MAS gives in a cell of 0.6 x 0.6 mm at the isocentre, 1000 views per turn
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
    relative: NDArray[np.float64] = np.exp(log_fluence(np.clip(gamma, knots[0], knots[-1])))
    return relative


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
