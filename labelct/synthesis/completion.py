"""Air, fat and soft tissue where no label says what a voxel is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError
from labelct.synthesis.grain import Lattice, draw_lattice, level_below_which, value_at
from labelct.synthesis.hull import coarse_step, trunk_centre
from labelct.synthesis.priors import AIR, FAT, REST_CLASSES, SOFT
from labelct.synthesis.settings import DataSettings
from labelct.synthesis.slabs import over_slabs
from labelct.synthesis.trunk import CAVITY, Layers, trunk_layers

REST_INDEX = {name: index for index, name in enumerate(REST_CLASSES)}
Classes = NDArray[np.uint8]


def resolve_completion(kind: str, names: Sequence[str], ct_available: bool) -> str:
    """Return the completion that `auto` stands for; any other kind is returned as it is."""
    if kind != "auto":
        return kind
    if ct_available:
        return "kmeans"
    return "labels" if {FAT, SOFT} & set(names) else "geometric"


def sample_completion(
    label_map: NDArray[np.integer],
    spacing: Sequence[float],
    names: Mapping[int, str],
    data: DataSettings,
    ct_available: bool,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Draw the body around the labels.

    Args:
        label_map: `(x, y, z)` label values.
        spacing: Voxel size in mm.
        names: Names of the values that the map holds.
        data: Completion and body settings.
        ct_available: Whether the case has a CT.
        rng: Source of the draws; all of them are drawn, whatever the kind.

    Returns:
        JSON-able parameters of `complete`.
    """
    body = data.body
    centre = trunk_centre(label_map, spacing, names)
    kind = resolve_completion(data.completion, list(names.values()), ct_available)
    intervals = ("half_width_mm", "half_depth_mm", "wall_mm", "fat_mm", "visceral_fat")
    drawn = {name: float(rng.uniform(*getattr(body, name))) for name in intervals}
    drawn |= {"fat_tilt": float(rng.uniform(0.0, 0.5)), "fat_angle": float(rng.uniform(0.0, 2 * np.pi))}
    seed = int(rng.integers(2**31))
    drawn["narrowing"] = float(rng.uniform(body.narrowing[0], body.narrowing[1]))
    return {"kind": kind, "centre_mm": list(centre), **drawn, "grain_mm": body.visceral_grain_mm, "seed": seed} | {
        "air_hu": body.air_hu,
        "clip": list(body.clip),
        "seeds": list(body.seeds),
    }


def complete(
    label_map: NDArray[np.integer],
    spacing: Sequence[float],
    names: Mapping[int, str],
    params: Mapping[str, Any],
    ct: NDArray[np.float32] | None = None,
    threads: int = 1,
) -> Classes:
    """Return the class of every voxel as if no label were there: 0 air, 1 fat, 2 soft tissue.

    Also voxels under a label get a class, since that is what a dropped label uncovers.

    Args:
        label_map: `(x, y, z)` label values, dropped labels included.
        spacing: Voxel size in mm.
        names: Names of the values.
        params: Of `sample_completion`.
        ct: HU on the same grid, for `kmeans`.
        threads: Threads to spread over.

    Raises:
        InputError: `kmeans` without a CT.
    """
    if params["kind"] == "kmeans":
        if ct is None:
            raise InputError("data.completion=kmeans", "the case has no CT", "set data.completion=auto or geometric")
        return classes_of_ct(ct, label_map, spacing, names, params)
    if params["kind"] == "geometric":
        return marbled(trunk_layers(label_map, spacing, names, params, threads), spacing, params, threads)
    if params["kind"] == "labels":
        return np.where(_is_body(label_map, names), np.uint8(REST_INDEX[SOFT]), np.uint8(REST_INDEX[AIR]))
    return np.zeros(label_map.shape, np.uint8)


def _values(names: Mapping[int, str], wanted: Sequence[str]) -> list[int]:
    return [value for value, name in names.items() if name in wanted]


def _is_body(label_map: NDArray[np.integer], names: Mapping[int, str]) -> NDArray[np.bool_]:
    """Return where the labels and what they enclose in axial sections lie."""
    from scipy.ndimage import binary_fill_holes

    inside = (label_map > 0) & ~np.isin(label_map, _values(names, [AIR]))
    for section in np.moveaxis(inside, 2, 0):
        section[...] = binary_fill_holes(section)
    return inside


def body_region(ct: NDArray[np.float32], spacing: Sequence[float], air_hu: float) -> NDArray[np.bool_]:
    """Return the largest connected region above `air_hu`, without the couch.

    The component is found on a grid of about 3 mm and widened by a voxel of it, so it may hold a rim of noise.
    """
    from scipy.ndimage import binary_dilation, label

    step = coarse_step(spacing)
    parts, found = label(ct[:: step[0], :: step[1], :: step[2]] > air_hu)
    if not found:
        return np.zeros(ct.shape, bool)
    largest = binary_dilation(parts == 1 + np.argmax(np.bincount(parts.ravel())[1:]))
    nearest = [np.minimum(np.arange(n) // s, m - 1) for n, s, m in zip(ct.shape, step, largest.shape, strict=True)]
    return largest[np.ix_(*nearest)] & (ct > air_hu)


def two_means(values: NDArray[np.floating], seeds: Sequence[float], clip: Sequence[float]) -> tuple[float, float]:
    """Return the centres of a one-dimensional k-means with two clusters, begun at `seeds`.

    Args:
        values: HU of the voxels to split; with none the seeds are returned.
        seeds: First centres, the lower first.
        clip: Interval that values are clipped to, so that edges, bone and contrast cannot take a cluster.
    """
    edges = np.linspace(clip[0], clip[1], int(2 * (clip[1] - clip[0])) + 1)
    counts, _ = np.histogram(np.clip(values, clip[0], clip[1]), edges)
    levels = (edges[:-1] + edges[1:]) / 2
    low, high = seeds
    for _ in range(100):
        lower = levels < (low + high) / 2
        fresh = [
            float(levels[part] @ counts[part] / counts[part].sum()) if counts[part].sum() else old
            for part, old in ((lower, low), (~lower, high))
        ]
        if fresh == [low, high]:
            break
        low, high = fresh
    return round(low, 2), round(high, 2)


def classes_of_ct(
    ct: NDArray[np.float32],
    label_map: NDArray[np.integer],
    spacing: Sequence[float],
    names: Mapping[int, str],
    params: Mapping[str, Any],
) -> Classes:
    """Split a CT into air, fat and soft tissue, with clusters found on the unlabelled rest of the body."""
    body = body_region(ct, spacing, params["air_hu"])
    rest = body & np.isin(label_map, [0, *_values(names, REST_CLASSES)])
    low, high = two_means(ct[rest], params["seeds"], params["clip"])
    tissue = np.where(ct > (low + high) / 2, np.uint8(REST_INDEX[SOFT]), np.uint8(REST_INDEX[FAT]))
    return np.where(body, tissue, np.uint8(REST_INDEX[AIR]))


def marbled(layers: Layers, spacing: Sequence[float], params: Mapping[str, Any], threads: int = 1) -> Classes:
    """Return the classes of a trunk: shell and wall as they are, the cavity fat and soft tissue by a smooth field.

    Args:
        layers: Of `trunk.trunk_layers`.
        spacing: Voxel size in mm.
        params: Of `sample_completion`.
        threads: Threads to spread over.
    """
    classes = layers.copy()
    lattice = draw_lattice(layers.shape, spacing, params["grain_mm"], params["seed"])
    level, step = level_below_which(lattice, params["visceral_fat"]), np.array(spacing) / params["grain_mm"]
    over_slabs(lambda start, stop: _marble(classes, start, stop, lattice, level, step), len(classes), threads)
    return classes


@numba.njit(cache=True, nogil=True)
def _marble(classes: Classes, start: int, stop: int, lattice: Lattice, level: float, step: NDArray[np.float64]) -> None:
    """Part the cavity into fat and soft tissue, in place; shell and wall have the numbers of theirs already."""
    for x in range(start, stop):
        for y in range(classes.shape[1]):
            for z in range(classes.shape[2]):
                if classes[x, y, z] == CAVITY:
                    inner = value_at(lattice, x * step[0], y * step[1], z * step[2])
                    classes[x, y, z] = 1 if inner < level else 2
