"""Branching vessels inside liver and lungs, drawn into a CT."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Spacing = tuple[float, float, float]


def grow_tree(
    root: NDArray[np.floating], targets: NDArray[np.floating], rng: np.random.Generator
) -> list[tuple[NDArray[np.floating], int]]:
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


def draw_tree(
    shape: tuple[int, ...],
    spacing: Spacing,
    branches: list[tuple[NDArray[np.floating], int]],
    trunk: float,
    twig: float,
) -> NDArray[np.float32]:
    """Return the share of each voxel that the branches cover.

    Radii follow Murray's law (the cube of the radius is the flow), from `twig` mm up to `trunk` mm.
    """
    cover = np.zeros(shape, dtype=np.float32)
    step = np.asarray(spacing)
    for points, load in branches:
        radius = min(twig * load ** (1 / 3), trunk)
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


def paint_vessels(
    volume: NDArray[np.float32],
    labels: NDArray[np.unsignedinteger],
    names: dict[int, str],
    spacing: Spacing,
    means: dict[str, float],
    phase: float,
    rng: np.random.Generator,
) -> None:
    """Draw the portal and hepatic veins into the liver and the vessels of both lungs, in place.

    Args:
        volume: HU, `(x, y, z)`.
        labels: The label map.
        names: The name of every value.
        spacing: Voxel size, mm.
        means: Mean of each structure, HU.
        phase: Of the contrast agent; sets how far the hepatic veins stand out.
        rng: Places the branches.
    """
    of = {
        name: labels == value
        for value, name in names.items()
        if name in ("liver", "portal_vein_and_splenic_vein", "inferior_vena_cava", "heart")
    }
    liver = of["liver"]
    for feeder, count, trunk in (("portal_vein_and_splenic_vein", 45, 5.0), ("inferior_vena_cava", 32, 4.5)):
        if liver.any() and of[feeder].any():
            hu = (
                means[feeder]
                if feeder.startswith("portal")
                else means["liver"] + 34 * min(phase, 1) - 14 * (phase < 0.2)
            )
            _draw(volume, liver, of[feeder], spacing, count, trunk, hu, rng)
    for side in ("left", "right"):
        lung = np.isin(labels, [v for v, name in names.items() if name.startswith("lung") and name.endswith(side)])
        if lung.any() and of["heart"].any():
            _draw(volume, lung, of["heart"], spacing, 130, 4.5, 40.0, rng)


def _draw(
    volume: NDArray[np.float32],
    organ: NDArray[np.bool_],
    feeder: NDArray[np.bool_],
    spacing: Spacing,
    count: int,
    trunk: float,
    hu: float,
    rng: np.random.Generator,
) -> None:
    places = np.argwhere(organ)
    source = np.argwhere(feeder) * spacing
    targets = places[rng.integers(len(places), size=count)] * spacing
    middle = places.mean(axis=0) * spacing
    near = source[np.argmin(np.linalg.norm(source - middle, axis=1))]
    cover = draw_tree(volume.shape, spacing, grow_tree(near, targets, rng), trunk, 1.2) * organ
    volume += cover * (np.float32(hu) - volume)
