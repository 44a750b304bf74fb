"""What is measured on a segmentation and shown of it, and on which cases in a cross-validation."""

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar

from labelct.errors import SettingError
from labelct.settings import GIVEN, Checked, ranged

TARGET_VOLUME = "target_volume"


@dataclass
class FoldSettings(Checked):
    """Which cases of the training cohort train, validate and are held out in one fold of a cross-validation.

    Attributes:
        folds: How many folds the cohort's cases are shared out into, those of a declared test split left out; null: the
            cohort's own split, no cross-validation.
        fold: The fold that is held out, from 0: one of them is one job, `-m 'evaluation.fold=range(6)'` are six.
        strata: What every fold has alike: a column of the cohort's `index.csv` (or TotalSegmentator's `meta.csv`), or
            `target_volume`, the volume of all targets in quantiles; null: nothing.
        quantiles: Quantiles of `target_volume`; fewer where one of them would hold fewer cases than there are folds.
        validation_share: Share of the cases that are not held out that choose the checkpoint, alike in the strata.
        fold_seed: Which cases fall into which fold.
    """

    folds: int | None = ranged(None, 2)
    fold: int | None = ranged(None, 0)
    strata: str | None = None
    quantiles: int = ranged(4, 2)
    validation_share: float = ranged(0.2, 0.01, 0.9)
    fold_seed: int = ranged(0, 0)
    read_with: ClassVar = {
        **dict.fromkeys(("validation_share", "fold_seed"), ("folds", GIVEN)),
        "quantiles": ("strata", (TARGET_VOLUME,)),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.folds is None:
            for name in ("fold", "strata"):
                if (value := getattr(self, name)) is not None:
                    raise SettingError(name, value, "null without evaluation.folds", "set evaluation.folds=6, too")
        elif self.fold is None:
            every = "sweep=folds or -m 'evaluation.fold=range(N)' runs all of them"
            raise SettingError("fold", None, f"a whole number from 0 to {self.folds - 1}", every)
        elif self.fold >= self.folds:
            allowed = f"a whole number from 0 to {self.folds - 1} with evaluation.folds={self.folds}"
            raise SettingError("fold", self.fold, allowed)


@dataclass
class EvaluationSettings(FoldSettings):
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

    def measurement(self) -> dict[str, Any]:
        """Return the settings that scores of given segmentations depend on: all but which cases are held out."""
        shared_out = {part.name for part in dataclasses.fields(FoldSettings)}
        return {name: value for name, value in dataclasses.asdict(self).items() if name not in shared_out}
