"""Other patients from one label map: affine and elastic deformation, and flips that mind left and right."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from labelct.errors import SettingError
from labelct.rotation import rotation_about
from labelct.settings import GIVEN, Checked, ranged
from labelct.sides import other_side

if TYPE_CHECKING:
    from labelct.synthesis.scene import Scene
    from labelct.targets import Targets

AIR_HU = -1000.0


@dataclass
class Settings(Checked, section="deformation"):
    """How label maps are deformed before anything is painted; all zeros leave them as they are.

    Attributes:
        rotation_deg: Largest turn about each axis.
        scale: Largest relative stretch along each axis.
        shear: Largest shear.
        shift_mm: Largest shift along each axis.
        elastic_mm: Standard deviation of the elastic displacement along each axis.
        control_point_spacing_mm: Distance of the elastic control points.
        flip_probability: Chance of a mirror image, with left and right names swapped; none is made where a target of
            one side lacks its other side.
    """

    rotation_deg: float = ranged(0.0, 0.0, 180.0)
    scale: float = ranged(0.0, 0.0, 1.0)
    shear: float = ranged(0.0, 0.0, 0.5)
    shift_mm: float = ranged(0.0, 0.0, 500.0)
    elastic_mm: float = 0.0
    control_point_spacing_mm: float = ranged(60.0, 5.0, 1000.0)
    flip_probability: float = ranged(0.0, 0.0, 1.0)
    read_with: ClassVar = {"control_point_spacing_mm": ("elastic_mm", GIVEN)}

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0.0 <= self.elastic_mm <= self.control_point_spacing_mm / 4:
            allowed = f"0 to a quarter of deformation.control_point_spacing_mm={self.control_point_spacing_mm}"
            raise SettingError(
                "deformation.elastic_mm", self.elastic_mm, allowed, "larger displacements would fold organs"
            )


def sample(scene: Scene, rng: np.random.Generator) -> dict[str, Any] | None:
    """Draw one deformation; all numbers are drawn, whatever is switched off.

    Returns:
        `matrix` (3 x 3, from the deformed to the given map, about the centre), `shift_mm`, `elastic_mm`,
        `control_point_spacing_mm`, `seed` of the control points and `flip`; None where the settings leave the map as
        it is.
    """
    settings = scene.recipe.data.deformation
    angles = np.deg2rad(settings.rotation_deg) * rng.uniform(-1, 1, 3)
    scale = np.exp(np.log1p(settings.scale) * rng.uniform(-1, 1, 3))
    shear = settings.shear * rng.uniform(-1, 1, 3)
    shift = settings.shift_mm * rng.uniform(-1, 1, 3)
    seed, flip = int(rng.integers(2**31)), bool(rng.random() < settings.flip_probability)
    flip = flip and _has_other_sides(scene.recipe.targets, set(scene.names.values()))
    strengths = settings.rotation_deg, settings.scale, settings.shear, settings.shift_mm, settings.elastic_mm
    if not (any(strengths) or flip):
        return None
    turn_x, turn_y, turn_z = (rotation_about(axis, angle) for axis, angle in enumerate(angles))
    sheared = np.eye(3)
    sheared[[0, 0, 1], [1, 2, 2]] = shear
    matrix = turn_z @ (turn_y @ turn_x) @ np.diag(scale) @ sheared
    return {
        "matrix": np.round(matrix, 9).tolist(),
        "shift_mm": shift.tolist(),
        "elastic_mm": settings.elastic_mm,
        "control_point_spacing_mm": settings.control_point_spacing_mm,
        "seed": seed,
        "flip": flip,
    }


def _has_other_sides(targets: Targets, known: Collection[str]) -> bool:
    """Return whether names swap in a mirror image, so that no `kidney_left` learns from the patient's right."""
    others = {part: other_side(part, known) for part in targets.one_sided}
    return all(other != part and other in known for part, other in others.items())


def apply(scene: Scene, params: Mapping[str, Any] | None) -> None:
    """Deform the label map, and the CT when it is asked for; left and right change places in a mirror image."""
    if params is None:
        return
    warp = scene.kernels.warp
    scene.warp = partial(warp, spacing=scene.spacing, params=params, outside=AIR_HU)
    names = swap_sides(scene.names) if params["flip"] else scene.names
    scene.set_label_map(warp(scene.label_map, scene.spacing, params, 0), names)


def swap_sides(names: Mapping[int, str]) -> dict[int, str]:
    """Return the names of a mirrored label map: left and right change places where both exist in the map."""
    known = set(names.values())
    swapped = {}
    for value, name in names.items():
        other = other_side(name, known)
        swapped[value] = other if other in known else name
    return swapped
