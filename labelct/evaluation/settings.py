"""What is measured on a segmentation and shown of it."""

from dataclasses import dataclass

from labelct.errors import check_range


@dataclass
class EvaluationSettings:
    """How one segmentation is cleaned, scored and shown.

    Attributes:
        largest_component: Keep only the largest 26-connected component of each label before scoring, two of a label
            that joins a left and a right structure.
        tolerance_mm: Distance up to which surface Dice counts a piece of surface as agreeing, mm.
        percentile: Percentile of the Hausdorff distance.
        overlays: Cases of each test cohort that get an overlay figure, the worst first; 0 draws none.
        window_level: Centre of the grey window of figures, HU.
        window_width: Width of the grey window of figures, HU.
    """

    largest_component: bool = True
    tolerance_mm: float = 2.0
    percentile: float = 95.0
    overlays: int = 4
    window_level: float = 40.0
    window_width: float = 400.0

    def __post_init__(self) -> None:
        check_range("tolerance_mm", self.tolerance_mm, 0.0, 100.0)
        check_range("percentile", self.percentile, 50.0, 100.0)
        check_range("overlays", self.overlays, 0)
        check_range("window_level", self.window_level, -1024.0, 3071.0)
        check_range("window_width", self.window_width, 1.0, 8192.0)
