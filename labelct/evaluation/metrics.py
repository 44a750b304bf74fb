"""Dice, surface Dice, Hausdorff distance and volume error of one segmentation."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from labelct.evaluation.components import boxes_of
from labelct.evaluation.settings import EvaluationSettings

Side: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64]]
Sides: TypeAlias = tuple[Side, Side]

METRICS = ("dice", "surface_dice", "hd95", "volume_error_ml", "volume_error")


def score(
    prediction: NDArray[np.unsignedinteger],
    truth: NDArray[np.unsignedinteger],
    spacing: tuple[float, float, float],
    labels: Mapping[str, int],
    settings: EvaluationSettings,
) -> list[dict[str, Any]]:
    """Score a segmentation against the truth, label by label.

    What is absent is told apart in the column `absent`, which names where the label has no voxel:

    * `both`: every metric is NaN; the row is counted, never averaged.
    * `prediction` (missed) or `truth` (invented): Dice 0, surface Dice 0; the Hausdorff distance is NaN, because
      there is no surface to measure to and any stand-in (the image diagonal, say) would let the field of view
      decide the mean. The report counts these rows beside the mean of the others. The volume error in ml is
      defined; relative to an empty truth it is NaN.

    Args:
        prediction: `(x, y, z)` label values.
        truth: `(x, y, z)` label values on the same grid.
        spacing: Voxel size `(x, y, z)`, mm.
        labels: Label values by name; one row each, in this order.
        settings: Tolerance of surface Dice (mm) and percentile of the Hausdorff distance.

    Returns:
        Rows with `label`, `dice`, `surface_dice`, `hd95` (mm), `volume_error_ml` and `volume_error` (signed,
        prediction minus truth; the latter relative to the truth), `truth_ml`, `prediction_ml` and `absent`.

    Raises:
        ValueError: The two grids differ.
    """
    if prediction.shape != truth.shape:
        raise ValueError(f"prediction {prediction.shape} and truth {truth.shape} lie on different grids")
    boxes = boxes_of(prediction), boxes_of(truth)
    rows = []
    for name, value in labels.items():
        box = _union([known[value] for known in boxes if value in known])
        rows.append(_row(name, prediction[box] == value, truth[box] == value, spacing, settings))
    return rows


def dice(prediction: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """Return twice the overlap of two masks over the sum of their sizes (NaN where both are empty)."""
    total = np.count_nonzero(prediction) + np.count_nonzero(truth)
    return 2.0 * int(np.count_nonzero(prediction & truth)) / int(total) if total else float("nan")


def surface_distances(
    prediction: NDArray[np.bool_], truth: NDArray[np.bool_], spacing: tuple[float, float, float]
) -> Sides:
    """Return the distances between two surfaces and the area that each distance stands for.

    The method of Nikolov et al., 2018 (https://arxiv.org/abs/1809.04430): a surface element is a 2 x 2 x 2
    neighbourhood that the surface crosses, its area the marching-cubes area at this spacing. Distances between
    elements are exact. Weighing by area matters where voxels are anisotropic: counting voxels instead gives the
    slices' edges more weight than the flat top of an organ, for which one voxel covers a much larger area.

    Args:
        prediction: `(x, y, z)` mask, not empty.
        truth: `(x, y, z)` mask, not empty.
        spacing: Voxel size `(x, y, z)`, mm.

    Returns:
        `(distances in mm, areas in mm^2)` of the prediction's surface to the truth's, and of the truth's to the
        prediction's, each one-dimensional. The border of the field of view counts as surface.
    """
    surfaces = [_surface(mask, spacing) for mask in (prediction, truth)]
    (points, areas), (truth_points, truth_areas) = surfaces
    return (
        (KDTree(truth_points).query(points)[0], areas),
        (KDTree(points).query(truth_points)[0], truth_areas),
    )


def surface_dice(sides: Sides, tolerance_mm: float) -> float:
    """Return the share of both surfaces' area that lies within `tolerance_mm` of the other surface."""
    agreeing = sum(float(areas[distances <= tolerance_mm].sum()) for distances, areas in sides)
    return agreeing / sum(float(areas.sum()) for _, areas in sides)


def hausdorff(sides: Sides, percentile: float) -> float:
    """Return the larger of the two directed Hausdorff distances in mm, each at `percentile` of the surface's area."""
    return max(_weighted_percentile(distances, areas, percentile) for distances, areas in sides)


def _weighted_percentile(distances: NDArray[np.float64], areas: NDArray[np.float64], percentile: float) -> float:
    """Return the smallest distance that at least `percentile` % of the area stays within."""
    order = np.argsort(distances, kind="stable")
    share = np.cumsum(areas[order])
    index = np.searchsorted(share, share[-1] * percentile / 100.0)
    return float(distances[order][min(int(index), len(distances) - 1)])


def _row(
    name: str,
    prediction: NDArray[np.bool_],
    truth: NDArray[np.bool_],
    spacing: tuple[float, float, float],
    settings: EvaluationSettings,
) -> dict[str, Any]:
    """Return the row of one label from its masks, cropped to a box that holds both."""
    voxel_ml = float(np.prod(spacing)) / 1000.0
    prediction_ml, truth_ml = (float(np.count_nonzero(mask)) * voxel_ml for mask in (prediction, truth))
    row: dict[str, Any] = {"label": name} | dict.fromkeys(METRICS, float("nan"))
    row |= {"truth_ml": truth_ml, "prediction_ml": prediction_ml, "absent": ""}
    if not prediction_ml and not truth_ml:
        return row | {"absent": "both"}
    row |= {"dice": dice(prediction, truth), "volume_error_ml": prediction_ml - truth_ml, "surface_dice": 0.0}
    if not prediction_ml or not truth_ml:
        missed = {"absent": "prediction", "volume_error": -1.0}
        return row | (missed if truth_ml else {"absent": "truth"})
    sides = surface_distances(prediction, truth, spacing)
    return row | {
        "surface_dice": surface_dice(sides, settings.tolerance_mm),
        "hd95": hausdorff(sides, settings.percentile),
        "volume_error": (prediction_ml - truth_ml) / truth_ml,
    }


def _surface(mask: NDArray[np.bool_], spacing: tuple[float, float, float]) -> Side:
    """Return the surface elements of a mask `(x, y, z)`: centres `(element, 3)` in mm and areas `(element,)` in mm^2.

    The area table is MONAI's; its own routine around it peaks at 147 bytes a voxel of the box, this one at 6.
    """
    table, weights = _area_table(spacing)
    padded = np.pad(mask, 1).view(np.uint8)
    codes = np.zeros([size - 1 for size in padded.shape], dtype=np.uint8)
    for corner in np.ndindex(2, 2, 2):
        codes += (
            weights[corner] * padded[tuple(slice(at, at + size) for at, size in zip(corner, codes.shape, strict=True))]
        )
    crossed = np.nonzero((codes != 0) & (codes != 255))
    return np.stack(crossed, axis=1) * np.asarray(spacing), table[codes[crossed]]


@lru_cache(maxsize=16)
def _area_table(spacing: tuple[float, float, float]) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Return the area in mm^2 of each neighbourhood code `(256,)` and the weights `(2, 2, 2)` that make a code."""
    from monai.metrics.utils import get_code_to_measure_table

    table, weights = get_code_to_measure_table(spacing)
    return table.numpy().astype(np.float64), weights.numpy().reshape(2, 2, 2).astype(np.uint8)


def _union(boxes: Sequence[tuple[slice, ...]]) -> tuple[slice, ...]:
    """Return the smallest box that holds some boxes; an empty one for none."""
    if not boxes:
        return (slice(0, 0),) * 3
    return tuple(
        slice(min(side.start for side in axis), max(side.stop for side in axis)) for axis in zip(*boxes, strict=True)
    )
