"""Portal and hepatic veins inside the liver, or two trees of any organ: parts of their own HU, never a label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelct.settings import GIVEN, Checked, interval, ranged
from labelct.synthesis.kernels import Box

if TYPE_CHECKING:
    from labelct.synthesis.scene import Scene

Points = NDArray[np.float64]
# Mean HU of the blood in each tree without contrast, and in the late arterial, portal and delayed phase, minus that of
# the liver in the built-in table: grade C (docs/synthesis.md).
CONTRAST_HU = {"portal": (-18.0, 40.0, 55.0, 23.0), "hepatic": (-18.0, -25.0, 45.0, 20.0)}
# Where each tree enters: shares of the way from the organ's middle to the body's midline, and quantiles of the organ
# from back to front and from below: portal veins at the hilum, hepatic veins at the top, at the back.
ENTRY = {"portal": (0.45, 0.4, 0.35), "hepatic": (0.45, 0.2, 0.85)}
SPREAD = (0.5, 1.3)  # of the contrast between volumes
TEXTURE_SD = 10.0  # HU within blood
CANDIDATES = 200  # random points of the organ, of which that next to the entry is taken
STEP_MM = 8.0  # between the nodes of a branch, from each of which others may leave
BEND = 0.15  # how far a node lies beside the straight line, in steps


@dataclass
class Settings(Checked, section="vessels"):
    """Two trees of vessels within an organ, as dense as the phase has it; training labels stay whole.

    Attributes:
        host: The organ; None: there are none.
        branches: Interval of the number of ends of each tree.
        radius_mm: Interval of the radius of each trunk; branches thin as Murray's law has it (PNAS 12, 1926).
        probability: Chance of a volume that has any.
    """

    host: str | None = None
    branches: list[int] = interval(20, 50, 1, 500)
    radius_mm: list[float] = interval(4.0, 7.5, 0.2, 30.0)
    probability: float = ranged(1.0, 0.0, 1.0)
    read_with: ClassVar = {"*": ("host", GIVEN)}


def sample(scene: Scene, rng: np.random.Generator) -> dict[str, Any] | None:
    """Draw the ends of both trees and their HU.

    Returns:
        `host`, `trees` (each with `points`, voxels, the first one where it enters, `radius_mm` and `seed` of its bends)
        and `classes`; None where there is no host, or HU follow no priors.
    """
    settings, recipe = scene.recipe.data.vessels, scene.recipe
    drawn = rng.random()
    value = next((value for value, name in scene.names.items() if name == settings.host), None)
    if (
        value is None
        or drawn >= settings.probability
        or not recipe.fill.uses_priors
        or settings.host not in scene.labels
    ):
        return None
    assert settings.host is not None
    inside = scene.kernels.places(scene.label_map == value)
    if not len(inside):
        return None
    phase, host = scene.drawn["intensity"], scene.classes[settings.host]
    trees, classes = {}, {}
    for kind, contrast in CONTRAST_HU.items():
        number = int(rng.integers(settings.branches[0], settings.branches[1], endpoint=True))
        chosen = scene.kernels.like(rng.integers(len(inside), size=CANDIDATES + number), inside)
        flat = np.asarray(scene.kernels.host(inside[chosen]))
        points = np.stack(np.unravel_index(flat, tuple(scene.label_map.shape)), axis=1)
        first = _entry(points[:CANDIDATES], scene.drawn["background"]["centre_mm"][0] / scene.spacing[0], ENTRY[kind])
        ends = [first.tolist(), *points[CANDIDATES:].tolist()]
        radius = float(rng.uniform(settings.radius_mm[0], settings.radius_mm[1]))
        trees[kind] = {"points": ends, "radius_mm": radius, "seed": int(rng.integers(2**31))}
        added = float(_contrast(contrast, phase) * rng.uniform(*SPREAD))
        classes[f"{settings.host}:{kind}"] = {"hu": host["hu"] + added, "sd": TEXTURE_SD}
    scene.classes |= classes
    return {"host": settings.host, "trees": trees, "classes": classes}


def _contrast(curve: Sequence[float], phase: Mapping[str, float]) -> float:
    """Return how much denser than the organ blood is, with the share of what contrast adds that a volume has."""
    added = float(np.interp(phase["time"], range(len(curve)), curve)) - curve[0]
    return curve[0] + phase["enhancement"] * added


def _entry(points: NDArray[np.integer], midline: float, where: tuple[float, float, float]) -> NDArray[np.integer]:
    """Return the point that lies next to where a tree enters an organ."""
    aside, front, above = where
    middle = points[:, 0].mean()
    wanted = middle + aside * (midline - middle), np.quantile(points[:, 1], front), np.quantile(points[:, 2], above)
    nearest: NDArray[np.integer] = points[np.square(points - np.array(wanted)).sum(axis=1).argmin()]
    return nearest


def apply(scene: Scene, params: Mapping[str, Any] | None) -> None:
    """Paint the trees into the organ, whatever parts it has; lesions and neighbours stay as they are."""
    if params is None:
        return
    scene.classes |= params["classes"]
    if params["host"] not in scene.pasted:
        return
    number, host = scene.painted.add(*params["classes"]), scene.where({params["host"]})
    numbers, shape = scene.painted.numbers, tuple(scene.label_map.shape)
    for kind, tree in params["trees"].items():
        box, mask = rasterised(grown(tree, scene.spacing), shape, scene.spacing)
        view = numbers[box]
        view[scene.kernels.like(mask, numbers) & host[box]] = number[f"{params['host']}:{kind}"]


@dataclass(frozen=True)
class Tree:
    """Nodes of a tree of vessels.

    Attributes:
        places: `(node, 3)` mm from the first voxel's centre.
        parent: Of each node; -1 of the first.
        radius: Of the vessel that leads to each node, mm.
    """

    places: Points
    parent: NDArray[np.int64]
    radius: Points


def grown(tree: Mapping[str, Any], spacing: Sequence[float]) -> Tree:
    """Grow a tree from its first point to all others, near ones first, each from the node next to it.

    The radius is cubic in the number of ends beyond a node.

    Args:
        tree: `points` (voxels), `radius_mm` of the trunk, `seed`.
        spacing: Voxel size in mm.
    """
    rng, points = np.random.default_rng(tree["seed"]), np.array(tree["points"], float) * np.asarray(spacing)
    places, parent, ends = [points[0]], [-1], []
    for end in points[1:][np.argsort(np.square(points[1:] - points[0]).sum(axis=1), kind="stable")]:
        start = int(np.square(np.array(places) - end).sum(axis=1).argmin())
        away = end - places[start]
        steps = max(1, int(np.ceil(np.linalg.norm(away) / STEP_MM)))
        for step in range(1, steps + 1):
            bend = rng.normal(0.0, BEND * STEP_MM, 3) if step < steps else 0.0
            parent.append(len(places) - 1 if step > 1 else start)
            places.append(places[start] + away * step / steps + bend)
        ends.append(len(places) - 1)
    carried = np.zeros(len(places))
    carried[ends] = 1.0
    for node in range(len(places) - 1, 0, -1):  # parents come before their children
        carried[parent[node]] += carried[node]
    radius = tree["radius_mm"] * np.cbrt(np.maximum(carried, 1.0) / max(len(ends), 1))
    return Tree(np.array(places), np.array(parent), radius)


def rasterised(tree: Tree, shape: Sequence[int], spacing: Sequence[float]) -> tuple[Box, NDArray[np.bool_]]:
    """Return the box around a tree within a volume, and the voxels of it that its vessels cover.

    Args:
        tree: Of `grown`.
        shape: Of the volume.
        spacing: Voxel size in mm.
    """
    size, most = np.asarray(spacing), float(tree.radius.max())
    low = np.maximum(np.floor((tree.places.min(axis=0) - most) / size).astype(int), 0)
    high = np.minimum(np.ceil((tree.places.max(axis=0) + most) / size).astype(int) + 1, shape)
    mask = np.zeros(np.maximum(high - low, 0), bool)
    for node in range(1, len(tree.places)):
        ends, radius = tree.places[[tree.parent[node], node]] - low * size, tree.radius[node]
        first = np.maximum(np.floor((ends.min(axis=0) - radius) / size).astype(int), 0)
        last = np.minimum(np.ceil((ends.max(axis=0) + radius) / size).astype(int) + 1, mask.shape)
        part = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
        grid = np.stack(np.meshgrid(*[np.arange(a, b) for a, b in zip(first, last, strict=True)], indexing="ij"), -1)
        mask[part] |= _to_segment(grid * size, ends[0], ends[1]) <= radius
    return tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True)), mask


def _to_segment(points: Points, start: Points, end: Points) -> Points:
    """Return the distance of points `(..., 3)` to a straight line from `start` to `end`."""
    along = end - start
    share = np.clip((points - start) @ along / max(float(along @ along), 1e-9), 0.0, 1.0)
    distance: Points = np.linalg.norm(points - start - share[..., None] * along, axis=-1)
    return distance
