"""How the numbers of many runs are compared."""

from dataclasses import dataclass

from labelct.settings import Checked, ranged


@dataclass
class StatisticsSettings(Checked):
    """How spreads, tests and equivalence are computed.

    Attributes:
        level: Coverage of the bootstrap intervals.
        resamples: Bootstrap resamples.
        margin: Half-width of the interval of differences that TOST calls equivalent, in the metric's unit.
        seed: Seed of the bootstrap.
    """

    level: float = ranged(0.95, 0.5, 0.999)
    resamples: int = ranged(10_000, 100, 1_000_000)
    margin: float = ranged(0.02, 1e-9)
    seed: int = ranged(0, 0)
