"""How the numbers of many runs are compared."""

from dataclasses import dataclass

from labelct.errors import check_range


@dataclass
class StatisticsSettings:
    """How spreads, tests and equivalence are computed.

    Attributes:
        level: Coverage of the bootstrap intervals.
        resamples: Bootstrap resamples.
        margin: Half-width of the interval of differences that TOST calls equivalent, in the metric's unit.
        seed: Seed of the bootstrap.
    """

    level: float = 0.95
    resamples: int = 10_000
    margin: float = 0.02
    seed: int = 0

    def __post_init__(self) -> None:
        check_range("level", self.level, 0.5, 0.999)
        check_range("resamples", self.resamples, 100, 1_000_000)
        check_range("margin", self.margin, 1e-9)
        check_range("seed", self.seed, 0)
