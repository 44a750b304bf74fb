"""Lungs, bones, a couch and bodies of any kind around the labels: what is drawn of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.synthesis.anatomy_settings import SurroundingsSettings

KNOWN = {"lungs": "lung_", "spine": "vertebrae_", "ribs": "rib_"}
# Density of a further body: its share among them and the interval of its mean HU. Most of what touches an abdominal
# organ is soft tissue, with or without contrast.
DENSITIES = ((0.10, -950.0, -300.0), (0.15, -130.0, -60.0), (0.65, -10.0, 220.0), (0.10, 200.0, 800.0))

ALIKE_HU = 70.0
NOWHERE = np.empty((0, 3), np.intp)

Spec = dict[str, Any]


def sample_surroundings(
    label_map: NDArray[np.integer],
    spacing: Sequence[float],
    levels: Mapping[str, float | None],
    settings: SurroundingsSettings,
    body: Mapping[str, Any],
    rng: np.random.Generator,
) -> dict[str, Any] | None:
    """Draw the surroundings of one volume.

    Args:
        label_map: `(x, y, z)`, above 0 on labels.
        spacing: Voxel size in mm.
        levels: Mean HU of every label of the map, by name; None where it is not painted.
        settings: Chances and intervals.
        body: Of `sample_completion` or `sample_cylinder`: the middle of the body, and its half axes.
        rng: Source of the draws; every body draws from a stream of its own.

    Returns:
        JSON-able parameters of `placement.place_surroundings`: the geometry by body, and `classes`, mean HU and spread
        of each; None where the settings place nothing.
    """
    if not settings.is_active():
        return None
    drawn: dict[str, Any] = {"centre_mm": list(body["centre_mm"]), "classes": {}}
    streams = dict(zip((*PARTS, "bodies", "rind"), rng.spawn(len(PARTS) + 2), strict=True))
    for part, sample in PARTS.items():
        known = part in KNOWN and any(name.startswith(KNOWN[part]) for name in levels)
        wanted = streams[part].random() < getattr(settings, part)
        if wanted and not known:
            drawn[part], classes = sample(streams[part])
            drawn["classes"] |= classes
    drawn["rind_mm"] = float(streams["rind"].uniform(20.0, 40.0))
    places = Places(trunk_box(label_map.shape, spacing, body), border(label_map > 0) if settings.near else NOWHERE)
    painted = [level for level in levels.values() if level is not None]
    drawn["bodies"], classes = _bodies(places, painted, settings, streams["bodies"])
    drawn["classes"] |= classes
    return drawn


def _between(rng: np.random.Generator, **intervals: tuple[float, float]) -> dict[str, float]:
    return {name: float(rng.uniform(*interval)) for name, interval in intervals.items()}


def _density(rng: np.random.Generator, low: float, high: float, sd: float) -> Spec:
    return {"hu": float(rng.uniform(low, high)), "sd": sd}


def _lungs(rng: np.random.Generator) -> tuple[dict[str, float], dict[str, Spec]]:
    """The lungs stand on a dome and reach into a recess around it; the left one is a little lower."""
    geometry = _between(rng, fall_per_mm=(0.004, 0.012), gap_mm=(1.0, 5.0), left_mm=(0.0, 30.0), recess_mm=(0.0, 40.0))
    geometry |= _between(rng, heart_left_mm=(10.0, 40.0), heart_front_mm=(0.0, 35.0), heart_above_mm=(5.0, 40.0))
    geometry |= _between(rng, heart_width_mm=(45.0, 65.0), heart_depth_mm=(38.0, 55.0), heart_height_mm=(40.0, 65.0))
    geometry |= _between(rng, mediastinum_mm=(18.0, 35.0))
    return geometry, {"_lung": _density(rng, -920.0, -700.0, 60.0), "_heart": _density(rng, 15.0, 220.0, 15.0)}


def _spine(rng: np.random.Generator) -> tuple[dict[str, float], dict[str, Spec]]:
    geometry = _between(rng, back_mm=(50.0, 75.0), half_width_mm=(18.0, 25.0), half_depth_mm=(14.0, 20.0))
    geometry |= _between(rng, muscle_width_mm=(16.0, 30.0), muscle_depth_mm=(14.0, 24.0))
    return geometry, {"_muscle": _density(rng, 15.0, 80.0, 12.0), "_spine": _density(rng, 110.0, 380.0, 60.0)}


def _ribs(rng: np.random.Generator) -> tuple[dict[str, float], dict[str, Spec]]:
    geometry = _between(rng, pitch_mm=(22.0, 34.0), width_mm=(7.0, 12.0), thickness_mm=(6.0, 10.0))
    geometry |= _between(rng, slope=(-0.7, -0.3), phase_mm=(0.0, 34.0), below_mm=(0.0, 60.0), gap_mm=(0.0, 6.0))
    return geometry, {"_rib": _density(rng, 150.0, 550.0, 60.0)}


def _couch(rng: np.random.Generator) -> tuple[dict[str, float], dict[str, Spec]]:
    geometry = _between(rng, gap_mm=(0.0, 15.0), thickness_mm=(12.0, 45.0), half_width_mm=(180.0, 260.0))
    geometry |= _between(rng, shell_mm=(2.0, 5.0))
    return geometry, {"_foam": _density(rng, -980.0, -700.0, 5.0), "_shell": _density(rng, -500.0, 300.0, 10.0)}


def _arms(rng: np.random.Generator) -> tuple[dict[str, float], dict[str, Spec]]:
    geometry = _between(rng, gap_mm=(3.0, 30.0), radius_mm=(32.0, 52.0), bone_mm=(9.0, 14.0), front_mm=(-60.0, 40.0))
    return geometry, {"_arm": _density(rng, -40.0, 70.0, 20.0), "_arm_bone": _density(rng, 250.0, 900.0, 60.0)}


PARTS = {"lungs": _lungs, "spine": _spine, "ribs": _ribs, "couch": _couch, "arms": _arms}


def trunk_box(shape: Sequence[int], spacing: Sequence[float], body: Mapping[str, Any]) -> list[tuple[int, int]]:
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


def border(labelled: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the voxels `(n, 3)` outside `labelled` that share a face with it."""
    from scipy.ndimage import binary_dilation

    inside = np.argwhere(labelled)
    if not len(inside):
        return inside
    low, high = np.maximum(inside.min(axis=0) - 1, 0), inside.max(axis=0) + 2
    box = labelled[tuple(slice(first, last) for first, last in zip(low, high, strict=True))]
    return np.argwhere(binary_dilation(box) & ~box) + low


@dataclass(frozen=True)
class Places:
    """Where bodies may have their centres: in `box`, and at the voxels `border`; without any of those, in the box."""

    box: Sequence[tuple[int, int]]
    border: NDArray[np.intp]

    def sample(self, near: bool, rng: np.random.Generator) -> list[int]:
        """Draw a centre, at the border if it is `near`."""
        if near and len(self.border):
            return [int(index) for index in self.border[rng.integers(len(self.border))]]
        return [int(rng.integers(first, last)) for first, last in self.box]


def _bodies(
    places: Places, levels: Sequence[float], settings: SurroundingsSettings, rng: np.random.Generator
) -> tuple[list[dict[str, Any]], dict[str, Spec]]:
    """Draw bodies that may be gas, fat, organ, vessel or bone, and some that a label is hard to tell from."""
    found: list[dict[str, Any]] = []
    classes: dict[str, Spec] = {}
    low, high = (math.log(radius) for radius in settings.radius_mm)
    shares = [share for share, *_ in DENSITIES]
    for number in range(int(rng.integers(settings.bodies[0], settings.bodies[1], endpoint=True))):
        near = bool(levels) and rng.random() < settings.near
        radius = math.exp(rng.uniform(low, high)) * rng.uniform(0.5, 1.6, 3)
        name, centre = f"_body_{number}", places.sample(near, rng)
        _, least, most = DENSITIES[rng.choice(len(DENSITIES), p=shares)]
        if near:
            level = levels[int(rng.integers(len(levels)))]
            least, most = level - ALIKE_HU, level + ALIKE_HU
        found.append({"name": name, "centre": centre, "radius_mm": radius.tolist(), "seed": int(rng.integers(2**31))})
        classes[name] = _density(rng, least, most, float(rng.uniform(5.0, 30.0)))
    return found, classes
