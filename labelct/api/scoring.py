"""Segmentations scored against the truth, with the numbers of the pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from labelct.api.arguments import Grid, Names, affine_of, array_of, check_same_shape, names_of, number_of
from labelct.errors import SettingError
from labelct.evaluation.metrics import score as scored
from labelct.evaluation.settings import EvaluationSettings
from labelct.io.geometry import check_grid
from labelct.io.nifti import as_label_map
from labelct.volume import IGNORE, Volume

if TYPE_CHECKING:
    from pandas import DataFrame


def score(
    prediction: ArrayLike,
    truth: ArrayLike,
    spacing: Grid,
    names: Names,
    tolerance_mm: float = 2.0,
    percentile: float = 95.0,
) -> DataFrame:
    """Score a segmentation, structure by structure, with the numbers that the pipeline reports.

    The pipeline keeps the largest components of a prediction first (`evaluation.largest_component`), as
    `load_model(...).segment` does; this scores what it is given.

    Args:
        prediction: `(x, y, z)` label values.
        truth: `(x, y, z)` label values on the same grid.
        spacing: Voxel size in mm, one number or `(x, y, z)` along the axes of the arrays, or their `(4, 4)` affine.
        names: `{value: name}` of the structures to score; other values are not looked at. Voxels that the truth calls
            `ignore` count nowhere.
        tolerance_mm: Distance up to which surface Dice counts a piece of surface as agreeing, mm.
        percentile: Of the Hausdorff distance, 50 to 100.

    Returns:
        A row for each name: `dice`, `surface_dice`, `hd95` (mm), `volume_error_ml` and `volume_error` (prediction minus
        truth, the latter relative to the truth), `truth_ml`, `prediction_ml`, and `absent`, which says where a
        structure has no voxel: `prediction`, `truth`, `both` (all metrics NaN), or nothing.

    Raises:
        InputError: One of both is no label map, or their shapes differ.
        SettingError: Spacing, names, tolerance or percentile are out of range.
    """
    import pandas as pd

    settings, table = _measures(tolerance_mm, percentile), names_of(names)
    if not table:
        raise SettingError("names", {}, "one structure or more", "for example {1: 'liver'}")
    found, expected = array_of("prediction", prediction), array_of("truth", truth)
    check_same_shape("prediction", found.shape, "truth", expected.shape)
    affine = affine_of("spacing", spacing)
    check_grid(Path("spacing"), found.shape, affine)
    found, expected = as_label_map(Path("prediction"), found), as_label_map(Path("truth"), expected)
    values = {name: value for value, name in table.items() if name != IGNORE}
    for value in (value for value, name in table.items() if name == IGNORE):
        found, expected = (np.where(expected == value, 0, labels).astype(labels.dtype) for labels in (found, expected))
    rows = scored(found, expected, Volume(found, affine).spacing, values, settings)
    return pd.DataFrame(rows).set_index("label")


def _measures(tolerance_mm: float, percentile: float) -> EvaluationSettings:
    numbers = number_of("tolerance_mm", tolerance_mm), number_of("percentile", percentile)
    return EvaluationSettings(tolerance_mm=numbers[0], percentile=numbers[1])
