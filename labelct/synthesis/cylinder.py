"""The body of recipe 1 in place of the background: a cylinder around the target, or an envelope that follows it."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError
from labelct.priors.table import AIR, FAT, SOFT
from labelct.settings import Checked, interval, path, ranged
from labelct.synthesis import background
from labelct.synthesis.envelope import CAVITY, envelope_half_axes, envelope_layers
from labelct.synthesis.kernels import Voxels, kernels_of
from labelct.synthesis.scene import BODY, Layer

if TYPE_CHECKING:
    from labelct.synthesis.scene import Scene


@dataclass
class Settings(Checked, section="cylinder"):
    """The body of `synth1`.

    Attributes:
        radius: Interval of the radius as a fraction of the smaller in-plane field of view.
        margin_mm: Least distance between the target and the surface of the cylinder.
        flattening: Largest relative shortening of the front-to-back axis; 0 keeps the section a circle.
        envelope_probability: Chance that a body envelope stands in for the cylinder: a wall of muscle and fat
            (`data.background`) that follows the target, around the same texture.
        histogram: `builtin`, or a CSV file with the columns `probability` and `hu` (a quantile function).
    """

    radius: list[float] = interval(0.30, 0.48, 0.05, 1.0)
    margin_mm: float = ranged(10.0, 0.0)
    flattening: float = ranged(0.0, 0.0, 0.7)
    envelope_probability: float = ranged(0.0, 0.0, 1.0)
    histogram: str = path("builtin")


def sample(scene: Scene, rng: np.random.Generator) -> dict[str, Any]:
    """Draw a cylinder that holds the labels, or the body envelope of a geometric background.

    Returns:
        `kind` (`cylinder` or `envelope`), `centre_mm`, `half_axes_mm`, both `[x, y]`, and `histogram`; an envelope has
        what `background.sample` draws as well. Where the drawn radius leaves less than the margin around the labels,
        both half axes are enlarged in proportion.
    """
    settings = scene.recipe.data.cylinder
    envelope = background.sample(scene, rng)
    target = scene.where(set(scene.labels))
    axes = _half_axes(target, scene.spacing, envelope["centre_mm"], settings, rng)
    if rng.random() < settings.envelope_probability:
        reach = envelope_half_axes(target, scene.spacing, envelope)
        return {**envelope, "kind": "envelope", "half_axes_mm": reach, "histogram": settings.histogram}
    centre = list(envelope["centre_mm"])
    return {"kind": "cylinder", "centre_mm": centre, "half_axes_mm": axes, "histogram": settings.histogram}


def _half_axes(
    target: Voxels,
    spacing: Sequence[float],
    centre_mm: Sequence[float],
    settings: Settings,
    rng: np.random.Generator,
) -> list[float]:
    """Draw the half axes `[x, y]` of a cylinder around `target`, mm."""
    view = min(n * s for n, s in zip(target.shape[:2], spacing[:2], strict=True))
    radius = float(rng.uniform(settings.radius[0], settings.radius[1])) * view
    flattening = float(rng.uniform(0.0, settings.flattening)) if settings.flattening else 0.0
    axes = [radius, radius * (1.0 - flattening)]
    x, y = np.nonzero(kernels_of(target).host(target.any(axis=2)))
    if len(x):
        dx, dy = np.abs(x * spacing[0] - centre_mm[0]), np.abs(y * spacing[1] - centre_mm[1])
        reach = float(np.hypot(dx / axes[0], dy / axes[1]).max()) + settings.margin_mm / min(axes)
        axes = [axis * max(1.0, reach) for axis in axes]
    return axes


def apply(scene: Scene, params: Mapping[str, Any]) -> None:
    """Put the body where the background would be."""
    scene.classes[BODY] = {"histogram": params["histogram"]}
    if params["kind"] == "envelope":
        layers = envelope_layers(scene, params)
        scene.background, scene.cavity = Layer(layers, [AIR, FAT, SOFT, BODY]), layers == CAVITY
    else:
        region = scene.kernels.zeros(scene.label_map)
        section = cylinder_section(scene.label_map.shape, scene.spacing, params)
        region[scene.kernels.like(section, region)] = 1
        scene.background = Layer(region, [AIR, BODY])


def cylinder_section(shape: Sequence[int], spacing: Sequence[float], params: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Return `(x, y)`, True inside the cylinder of `sample`."""
    (cx, cy), (a, b) = params["centre_mm"], params["half_axes_mm"]
    x = (np.arange(shape[0]) * spacing[0] - cx) / a
    y = (np.arange(shape[1]) * spacing[1] - cy) / b
    return x[:, None] ** 2 + y[None, :] ** 2 <= 1.0


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
