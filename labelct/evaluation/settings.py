"""What is measured on a segmentation and shown of it."""

from dataclasses import dataclass

from labelct.settings import Checked, ranged


@dataclass
class EvaluationSettings(Checked):
    """How one segmentation is cleaned, scored and shown.

    Attributes:
        largest_component: Keep only the largest 26-connected components of each label before scoring: as many as the
            training labels have, and all of a label whose parts scatter (more than four in some training case).
        tolerance_mm: Distance up to which surface Dice counts a piece of surface as agreeing, mm.
        percentile: Percentile of the Hausdorff distance.
        overlays: Cases of each test cohort that get an overlay figure, the worst first; 0 draws none.
        window_level: Centre of the grey window of figures, HU.
        window_width: Width of the grey window of figures, HU.
    """

    largest_component: bool = True
    tolerance_mm: float = ranged(2.0, 0.0, 100.0)
    percentile: float = ranged(95.0, 50.0, 100.0)
    overlays: int = ranged(4, 0)
    window_level: float = ranged(40.0, -1024.0, 3071.0)
    window_width: float = ranged(400.0, 1.0, 8192.0)
