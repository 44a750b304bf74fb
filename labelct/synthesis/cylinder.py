"""The body of recipe 1 in place of the background: a cylinder around the target, or an envelope that follows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
        histogram: What its texture is matched to: `train` (the body of one training CT, drawn by `data.seed`),
            `builtin` (that of a portal-venous CT), a CSV file with the columns `probability` and `hu` (a quantile
            function), or `auto`, which `data=synth1` sets: `train` where a training case has a CT, else `builtin`.
    """

    radius: list[float] = interval(0.30, 0.48, 0.05, 1.0)
    margin_mm: float = ranged(10.0, 0.0)
    flattening: float = ranged(0.0, 0.0, 0.7)
    envelope_probability: float = ranged(0.0, 0.0, 1.0)
    histogram: str = path("builtin")


def sample(scene: Scene, rng: np.random.Generator) -> dict[str, Any]:
    """Draw a cylinder that holds the labels, or the body envelope of a geometric background.

    Returns:
        `kind` (`cylinder` or `envelope`), `centre_mm`, `half_axes_mm`, both `[x, y]`, and `histogram`, the `source` and
        `digest` of what the texture is matched to; an envelope has what `background.sample` draws as well. Where the
        drawn radius leaves less than the margin around the labels, both half axes are enlarged in proportion.
    """
    settings, body = scene.recipe.data.cylinder, scene.recipe.body
    histogram = {"source": body.source, "digest": body.digest}
    envelope = background.sample(scene, rng)
    target = scene.where(set(scene.labels))
    axes = _half_axes(target, scene.spacing, envelope["centre_mm"], settings, rng)
    if rng.random() < settings.envelope_probability:
        reach = envelope_half_axes(target, scene.spacing, envelope)
        return {**envelope, "kind": "envelope", "half_axes_mm": reach, "histogram": histogram}
    centre = list(envelope["centre_mm"])
    return {"kind": "cylinder", "centre_mm": centre, "half_axes_mm": axes, "histogram": histogram}


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
    """Put the body where the background would be.

    Raises:
        InputError: The body's histogram is not the one that the volume was drawn for.
    """
    body, drawn = scene.recipe.body, params["histogram"]
    if drawn["digest"] != body.digest:
        problem = f"is that of {body.source}, but the volume was drawn with {drawn['source']} ({drawn['digest']})"
        raise InputError("data.cylinder.histogram", problem, "use the histogram of the first run")
    scene.classes[BODY] = {"histogram": body}
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
