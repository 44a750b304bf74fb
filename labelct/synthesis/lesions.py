"""Focal lesions that grow in one organ, as a label of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelct.settings import Checked, interval
from labelct.synthesis.scene import Growth

if TYPE_CHECKING:
    from labelct.synthesis.scene import Scene

WOBBLE = 0.8  # of the radius, from the deepest dent to the highest bump: lobulated, and still one piece


@dataclass
class Settings(Checked, section="lesions"):
    """Synthetic focal lesions, a label of their own: `<host>_lesion`.

    Attributes:
        host: The organ they grow in; None: there are none.
        count: Interval of their number in a volume.
        radius_mm: Interval of the mean radius.
        contrast_hu: Interval of their HU minus the host's, one draw a volume.
    """

    host: str | None = None
    count: list[int] = interval(0, 4, 0, 200)
    radius_mm: list[float] = interval(4.0, 15.0, 0.5, 100.0)
    contrast_hu: list[float] = interval(-70.0, -25.0, -1000.0, 1000.0)

    @property
    def name(self) -> str | None:
        """Name of the lesions' label."""
        return None if self.host is None else f"{self.host}_lesion"


def sample(scene: Scene, rng: np.random.Generator) -> dict[str, Any] | None:
    """Draw number, places, sizes and contrast of the lesions of one volume.

    Returns:
        `host`, `name`, `contrast_hu` and `lesions`, each with `centre` (voxel), `radius_mm` `(x, y, z)` and `seed`
        of its outline; None where the settings or the map have no host.
    """
    settings, label_map = scene.recipe.data.lesions, scene.label_map
    value = next((value for value, name in scene.names.items() if name == settings.host), None)
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


def apply(scene: Scene, params: Mapping[str, Any] | None) -> None:
    """Grow the lesions in the label map, each within its host."""
    if not params or not params["lesions"]:
        return
    label_map, names = scene.label_map, scene.names
    host = next(value for value, name in names.items() if name == params["host"])
    own = max(max(names), int(label_map.max())) + 1
    grown = label_map.astype(np.promote_types(label_map.dtype, np.min_scalar_type(own)))
    for lesion in params["lesions"]:
        box, inside = outline(label_map.shape, scene.spacing, lesion)
        view = grown[box]
        view[inside & (view == host)] = own
    scene.set_label_map(grown, {**names, own: params["name"]})
    scene.grown[params["name"]] = Growth(params["host"], params["contrast_hu"])


def outline(
    shape: Sequence[int], spacing: Sequence[float], lesion: Mapping[str, Any]
) -> tuple[tuple[slice, ...], NDArray[np.bool_]]:
    """Return the box around a lesion and where in it the lesion lies: an ellipsoid that a smooth field dents.

    Args:
        shape: Voxels `(x, y, z)` of the volume.
        spacing: Their size in mm.
        lesion: `centre` (voxel), `radius_mm` `(x, y, z)` and `seed`.
    """
    from labelct.synthesis.kernels.value_noise import draw_lattice, values_at

    radius, size = np.array(lesion["radius_mm"]), np.array(spacing)
    reach = np.ceil(radius / (1.0 - WOBBLE / 2) / size).astype(int)
    centre = np.array(lesion["centre"])
    low, high = np.maximum(centre - reach, 0), np.minimum(centre + reach + 1, shape)
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    grid = np.stack(np.meshgrid(*(np.arange(s.start, s.stop) for s in box), indexing="ij"), axis=-1)
    offset = (grid - centre) * size
    distance = np.sqrt(((offset / radius) ** 2).sum(axis=-1))
    spread = float(radius.min())
    lattice = draw_lattice(2 * reach + 1, spacing, spread, lesion["seed"])
    points = ((grid - centre + reach) * size / spread).reshape(-1, 3)
    push = values_at(lattice, points).reshape(distance.shape)
    return box, distance * (1.0 + WOBBLE * (push - 0.5)) <= 1.0
