"""Focal lesions that grow in one organ, as a label of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from labelct.settings import GIVEN, Checked, interval
from labelct.synthesis.scene import Growth

if TYPE_CHECKING:
    from labelct.synthesis.scene import Scene


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
    read_with: ClassVar = {"*": ("host", GIVEN)}

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
    if value is None:
        return None
    inside = scene.kernels.places(label_map == value)
    if not len(inside):
        return None
    contrast = float(rng.uniform(settings.contrast_hu[0], settings.contrast_hu[1]))
    lesions = []
    for _ in range(int(rng.integers(settings.count[0], settings.count[1], endpoint=True))):
        centre = np.unravel_index(int(inside[rng.integers(len(inside))]), tuple(label_map.shape))
        radius = rng.uniform(settings.radius_mm[0], settings.radius_mm[1]) * rng.uniform(0.8, 1.25, 3)
        seed = int(rng.integers(2**31))
        lesions.append({"centre": [int(i) for i in centre], "radius_mm": radius.tolist(), "seed": seed})
    return {"host": settings.host, "name": settings.name, "contrast_hu": contrast, "lesions": lesions}


def apply(scene: Scene, params: Mapping[str, Any] | None) -> None:
    """Grow the lesions in the label map, each within its host."""
    if not params or not params["lesions"]:
        return
    label_map, names, kernels = scene.label_map, scene.names, scene.kernels
    host = next(value for value, name in names.items() if name == params["host"])
    own = max(max(names), kernels.largest(label_map)) + 1
    grown = kernels.copy(kernels.holding(label_map, own))
    for lesion in params["lesions"]:
        box, inside = kernels.outline(label_map, scene.spacing, lesion)
        view = grown[box]
        view[inside & (view == host)] = own
    scene.set_label_map(grown, {**names, own: params["name"]})
    scene.grown[params["name"]] = Growth(params["host"], params["contrast_hu"])
