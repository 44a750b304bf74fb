"""Branching vessels inside liver and lungs, drawn into a CT."""

import numpy as np
from numpy.typing import NDArray

from labelct.phantom.fields import Image, Mask, Spacing
from labelct.phantom.interiors import mix
from labelct.phantom.patient import Patient

Points = NDArray[np.float64]
Branch = tuple[Points, int]
TWIG = 1.2  # radius of a branch that feeds one target, mm: as thin as clinical CT shows


def grow_tree(root: Points, targets: Points, rng: np.random.Generator) -> list[Branch]:
    """Grow a tree from a root to targets, nearest first, each joining where the detour is small.

    Args:
        root: `(3,)` mm.
        targets: `(n, 3)` mm.
        rng: Bends the branches.

    Returns:
        Branches as `(points (m, 3) mm, number of targets that they carry)`.
    """
    order = np.argsort(np.linalg.norm(targets - root, axis=1), kind="stable")
    nodes, parents, length = [root], [-1], [0.0]
    for target in targets[order]:
        reach = np.linalg.norm(np.array(nodes) - target, axis=1)
        parent = int(np.argmin(reach + 0.45 * np.array(length)))
        nodes.append(target)
        parents.append(parent)
        length.append(length[parent] + float(reach[parent]))
    load = np.ones(len(nodes), dtype=int)
    for child in range(len(nodes) - 1, 0, -1):
        load[parents[child]] += load[child]
    branches = []
    for child in range(1, len(nodes)):
        start, end = nodes[parents[child]], nodes[child]
        bend = rng.normal(0, 0.08, 3) * np.linalg.norm(end - start)
        share = np.linspace(0, 1, max(int(np.linalg.norm(end - start) / 2.5), 2))[:, None]
        branches.append((start + share * (end - start) + 4 * share * (1 - share) * bend, int(load[child])))
    return branches


def draw_tree(shape: tuple[int, ...], spacing: Spacing, branches: list[Branch], trunk: float) -> NDArray[np.float32]:
    """Return the share of each voxel that the branches cover.

    Radii follow Murray's law (the cube of the radius is the flow), from `TWIG` mm up to `trunk` mm.
    """
    cover = np.zeros(shape, dtype=np.float32)
    step = np.asarray(spacing)
    for points, load in branches:
        radius = min(TWIG * load ** (1 / 3), trunk)
        pad = np.ceil((radius + step) / step).astype(int)
        for point in points:
            middle = np.rint(point / step).astype(int)
            low, high = np.maximum(middle - pad, 0), np.minimum(middle + pad + 1, shape)
            if (high <= low).any():
                continue
            axes = [np.arange(a, b) * s - p for a, b, s, p in zip(low, high, step, point, strict=True)]
            distance = np.sqrt(axes[0][:, None, None] ** 2 + axes[1][:, None] ** 2 + axes[2] ** 2)
            share = np.clip((radius - distance) / min(spacing) + 0.5, 0, 1) * min(1.0, (2 * radius / min(spacing)) ** 2)
            part = cover[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
            np.maximum(part, share, out=part)
    return cover


def paint_vessels(volume: Image, patient: Patient, rng: np.random.Generator) -> None:
    """Draw the portal and hepatic veins into the liver and the vessels of both lungs, in place.

    Args:
        volume: HU, `(x, y, z)`.
        patient: Its label map, means and phase of the contrast agent.
        rng: Places the branches.
    """
    appearance, liver, heart = patient.appearance, patient.mask("liver"), patient.mask("heart")
    portal = appearance.means.get("portal_vein_and_splenic_vein", 150.0)
    veins = appearance.means.get("liver", 100.0) + 48 * min(appearance.phase, 1) - 14
    spacing = patient.spacing
    mix(volume, _vessels(liver, patient.mask("portal_vein_and_splenic_vein"), 45, 5.0, spacing, rng), portal)
    mix(volume, _vessels(liver, patient.mask("inferior_vena_cava"), 32, 4.5, spacing, rng), veins)
    for side in ("left", "right"):
        mix(volume, _vessels(patient.mask("lung", suffix=side), heart, 130, 4.5, spacing, rng), 40.0)


def _vessels(
    organ: Mask, feeder: Mask, targets: int, trunk: float, spacing: Spacing, rng: np.random.Generator
) -> Image:
    """Return the share of each voxel that a tree of vessels covers.

    It reaches `targets` places in the organ from the part of the feeder nearest to the organ's middle, with a radius of
    at most `trunk` mm; nothing grows where either is missing.
    """
    if not organ.any() or not feeder.any():
        return np.zeros(organ.shape, np.float32)
    places, source = np.argwhere(organ), np.argwhere(feeder) * np.asarray(spacing)
    reached = places[rng.integers(len(places), size=targets)] * np.asarray(spacing)
    root = source[np.argmin(np.linalg.norm(source - places.mean(axis=0) * spacing, axis=1))]
    return draw_tree(organ.shape, spacing, grow_tree(root, reached, rng), trunk) * organ
