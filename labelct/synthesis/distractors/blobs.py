"""Bodies anywhere in the space: gas, fat, organ, vessel or bone, and some that a label is hard to tell from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from labelct.synthesis.distractors.space import Numbers, Space, density
from labelct.synthesis.kernels import Voxels
from labelct.synthesis.scene import Spec

if TYPE_CHECKING:
    from labelct.synthesis.distractors import Settings

# Density of a blob: its share among them and the interval of its mean HU. Most of what touches an abdominal organ is
# soft tissue, with or without contrast.
DENSITIES = ((0.10, -950.0, -300.0), (0.15, -130.0, -60.0), (0.65, -10.0, 220.0), (0.10, 200.0, 800.0))
ALIKE_HU = 70.0  # either side of a label's mean: the widest gap that noise and texture still bridge
NOWHERE = np.empty((0, 3), np.intp)


def envelope_box(shape: Sequence[int], spacing: Sequence[float], body: Mapping[str, Any]) -> list[tuple[int, int]]:
    """Return first and last + 1 voxel of each axis that the body's ellipse reaches; the whole axis without an ellipse.

    Args:
        shape: Voxels `(x, y, z)`.
        spacing: Their size in mm.
        body: Its `centre_mm` and, `[x, y]`, `half_axes_mm` or `half_width_mm` and `half_depth_mm`.
    """
    axes = body.get("half_axes_mm") or [body.get("half_width_mm", math.inf), body.get("half_depth_mm", math.inf)]
    box = []
    for centre, axis, size, count in zip(body["centre_mm"], axes, spacing, shape, strict=False):
        first, last = max(0.0, (centre - axis) / size), min(count - 1.0, (centre + axis) / size)
        box.append((math.ceil(first), math.floor(last) + 1))
    return [*box, (0, shape[2])]


@dataclass(frozen=True)
class BlobSites:
    """Where blobs may have their centres: in `box`, and at the voxels `border`; without any of those, in the box."""

    box: Sequence[tuple[int, int]]
    border: Voxels

    def sample(self, adjacent: bool, rng: np.random.Generator) -> list[int]:
        """Draw a centre, at the border if it is `adjacent`."""
        if adjacent and len(self.border):
            return [int(index) for index in self.border[rng.integers(len(self.border))]]
        return [int(rng.integers(first, last)) for first, last in self.box]


def sample(
    places: BlobSites, levels: Sequence[float], settings: Settings, rng: np.random.Generator
) -> tuple[list[dict[str, Any]], dict[str, Spec]]:
    """Draw the blobs of one volume.

    Args:
        places: Where they may have their centres.
        levels: Mean HU of the painted labels.
        settings: Number, radius and the share that lies against a label.
        rng: Source of the draws.

    Returns:
        Blobs with `name`, `centre` (voxel), `radius_mm` `(x, y, z)` and `seed` of the outline; and their classes.
    """
    found: list[dict[str, Any]] = []
    classes: dict[str, Spec] = {}
    low, high = (math.log(radius) for radius in settings.radius_mm)
    shares = [share for share, *_ in DENSITIES]
    for number in range(int(rng.integers(settings.blobs[0], settings.blobs[1], endpoint=True))):
        adjacent = bool(levels) and rng.random() < settings.adjacent_fraction
        radius = math.exp(rng.uniform(low, high)) * rng.uniform(0.5, 1.6, 3)
        name, centre = f"_blob_{number}", places.sample(adjacent, rng)
        _, least, most = DENSITIES[rng.choice(len(DENSITIES), p=shares)]
        if adjacent:
            level = levels[int(rng.integers(len(levels)))]
            least, most = level - ALIKE_HU, level + ALIKE_HU
        found.append({"name": name, "centre": centre, "radius_mm": radius.tolist(), "seed": int(rng.integers(2**31))})
        classes[name] = density(rng, least, most, float(rng.uniform(5.0, 30.0)))
    return found, classes


def place(space: Space, drawn: Sequence[Mapping[str, Any]], number: Numbers) -> None:
    """Place the blobs inside the skin."""
    for blob in drawn:
        box, inside = space.kernels.outline(space.placed, space.spacing, blob)
        view = space.placed[box]
        view[inside & space.body[box]] = number[blob["name"]]
