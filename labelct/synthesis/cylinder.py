"""The body of recipe 1: a cylinder along z around the target."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError
from labelct.synthesis.anatomy_settings import CylinderSettings


def sample_cylinder(
    target: NDArray[np.bool_],
    spacing: Sequence[float],
    centre_mm: Sequence[float],
    settings: CylinderSettings,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Draw a cylinder that holds the target.

    Args:
        target: `(x, y, z)`, True on the target structures.
        spacing: Voxel size in mm.
        centre_mm: In-plane centre of the body, mm from the first voxel's centre.
        settings: Radius interval, margin, flattening.
        rng: Source of the draws.

    Returns:
        `centre_mm` and `half_axes_mm`, both `[x, y]`; where the drawn radius leaves less than the margin around the
        target, both half axes are enlarged in proportion.
    """
    view = min(n * s for n, s in zip(target.shape[:2], spacing[:2], strict=True))
    radius = float(rng.uniform(settings.radius[0], settings.radius[1])) * view
    flattening = float(rng.uniform(0.0, settings.flattening)) if settings.flattening else 0.0
    axes = [radius, radius * (1.0 - flattening)]
    x, y = np.nonzero(target.any(axis=2))
    if len(x):
        dx, dy = np.abs(x * spacing[0] - centre_mm[0]), np.abs(y * spacing[1] - centre_mm[1])
        reach = float(np.hypot(dx / axes[0], dy / axes[1]).max()) + settings.margin_mm / min(axes)
        axes = [axis * max(1.0, reach) for axis in axes]
    return {"centre_mm": list(centre_mm), "half_axes_mm": axes, "histogram": settings.histogram}


def cylinder_region(shape: Sequence[int], spacing: Sequence[float], params: Mapping[str, Any]) -> NDArray[np.uint8]:
    """Return `(x, y, z)` uint8, 1 inside the cylinder of `sample_cylinder` and 0 outside."""
    (cx, cy), (a, b) = params["centre_mm"], params["half_axes_mm"]
    x = (np.arange(shape[0]) * spacing[0] - cx) / a
    y = (np.arange(shape[1]) * spacing[1] - cy) / b
    inside = (x[:, None] ** 2 + y[None, :] ** 2 <= 1.0).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(inside[:, :, None], tuple(shape)))


@lru_cache(maxsize=8)
def body_quantiles(source: str = "builtin") -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the quantile function of the HU inside a body, `(probability, hu)`.

    The built-in one is that of the body region (above -500 HU, largest component, holes filled) of the test CT of the
    TotalSegmentator repository (Apache-2.0), abdomen to pelvis.

    Args:
        source: `builtin`, or a CSV file with the columns `probability` and `hu`.

    Raises:
        InputError: The file cannot be read or is no quantile function.
    """
    builtin = files("labelct.synthesis").joinpath("body_histogram.csv")
    try:
        text = (builtin if source == "builtin" else Path(source)).read_text(encoding="utf-8")
        rows = [(float(r["probability"]), float(r["hu"])) for r in csv.DictReader(io.StringIO(text))]
    except (OSError, KeyError, ValueError) as error:
        remedy = "write a CSV with the columns probability and hu"
        raise InputError(source, f"is no table of quantiles ({error})", remedy) from None
    probability, hu = np.array(rows, dtype=float).reshape(-1, 2).T
    if len(rows) < 2 or (np.diff(probability) <= 0).any() or (np.diff(hu) < 0).any():
        raise InputError(source, "is no quantile function", "let probability ascend from 0 to 1 and hu with it")
    if not (math.isclose(probability[0], 0.0) and math.isclose(probability[-1], 1.0)):
        raise InputError(source, "does not span 0 to 1", "begin with probability 0 and end with 1")
    return probability, hu
