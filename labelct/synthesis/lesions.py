"""Focal lesions that grow in one organ, as a label of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.synthesis.anatomy_settings import LesionSettings
from labelct.synthesis.grain import draw_lattice, values_at

WOBBLE = 0.8


def sample_lesions(
    label_map: NDArray[np.integer],
    names: Mapping[int, str],
    settings: LesionSettings,
    rng: np.random.Generator,
) -> dict[str, Any] | None:
    """Draw number, places, sizes and contrast of the lesions of one volume.

    Args:
        label_map: `(x, y, z)` label values.
        names: Names of the values.
        settings: Host and intervals.
        rng: Source of the draws.

    Returns:
        `host`, `name`, `contrast_hu` and `lesions`, each with `centre` (voxel), `radius_mm` `(x, y, z)` and `seed`
        of its outline; None where the settings or the map have no host.
    """
    value = next((value for value, name in names.items() if name == settings.host), None)
    inside = np.flatnonzero(label_map == value) if value is not None else np.zeros(0, int)
    if not inside.size:
        return None
    contrast = float(rng.uniform(settings.contrast_hu[0], settings.contrast_hu[1]))
    lesions = []
    for _ in range(int(rng.integers(settings.count[0], settings.count[1], endpoint=True))):
        centre = np.unravel_index(inside[rng.integers(inside.size)], label_map.shape)
        radius = rng.uniform(settings.radius_mm[0], settings.radius_mm[1]) * rng.uniform(0.8, 1.25, 3)
        seed = int(rng.integers(2**31))
        lesions.append({"centre": [int(i) for i in centre], "radius_mm": radius.tolist(), "seed": seed})
    return {"host": settings.host, "name": settings.name, "contrast_hu": contrast, "lesions": lesions}


def place_lesions(
    label_map: NDArray[Any], spacing: Sequence[float], names: Mapping[int, str], params: Mapping[str, Any] | None
) -> tuple[NDArray[Any], Mapping[int, str]]:
    """Return the label map with lesions in it, and its names with theirs.

    A lesion is an ellipsoid whose outline a smooth field pushes in and out; it stays within its host.

    Args:
        label_map: `(x, y, z)` label values.
        spacing: Voxel size in mm.
        names: Names of the values.
        params: Of `sample_lesions`; None returns both as they are.
    """
    if not params or not params["lesions"]:
        return label_map, names
    host = next(value for value, name in names.items() if name == params["host"])
    own = max(max(names), int(label_map.max())) + 1
    grown = label_map.astype(np.promote_types(label_map.dtype, np.min_scalar_type(own)))
    for lesion in params["lesions"]:
        box, inside = outline(label_map.shape, spacing, lesion)
        view = grown[box]
        view[inside & (view == host)] = own
    return grown, {**names, own: params["name"]}


def outline(
    shape: Sequence[int], spacing: Sequence[float], lesion: Mapping[str, Any]
) -> tuple[tuple[slice, ...], NDArray[np.bool_]]:
    """Return the box around a lesion and where in it the lesion lies."""
    radius, size = np.array(lesion["radius_mm"]), np.array(spacing)
    reach = np.ceil(radius / (1.0 - WOBBLE / 2) / size).astype(int)
    centre = np.array(lesion["centre"])
    low, high = np.maximum(centre - reach, 0), np.minimum(centre + reach + 1, shape)
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    grid = np.stack(np.meshgrid(*(np.arange(s.start, s.stop) for s in box), indexing="ij"), axis=-1)
    offset = (grid - centre) * size
    distance = np.sqrt(((offset / radius) ** 2).sum(axis=-1))
    grain = float(radius.min())
    lattice = draw_lattice(2 * reach + 1, spacing, grain, lesion["seed"])
    points = ((grid - centre + reach) * size / grain).reshape(-1, 3)
    push = values_at(lattice, points).reshape(distance.shape)
    return box, distance * (1.0 + WOBBLE * (push - 0.5)) <= 1.0
