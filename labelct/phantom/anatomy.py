"""Procedural trunk anatomies: draw one, then evaluate it as a label map on any grid.

Organs are implicit functions in template coordinates (origin at the third lumbar vertebra, RAS+, mm). A subject's
voxels are mapped there by its stature and girth and by one diffeomorphic warp, so any spacing works.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from labelct.phantom import organs, skeleton
from labelct.phantom.envelope import paint_lungs, paint_rest, torso
from labelct.phantom.settings import PhantomSettings
from labelct.phantom.shapes import Canvas
from labelct.phantom.warp import displacement, sample_velocity

SOLID = ("spleen", "kidney_right", "kidney_left", "gallbladder", "liver", "stomach", "pancreas", "adrenal_gland_right",
         "adrenal_gland_left")  # fmt: skip
LUNGS = tuple(
    f"lung_{lobe}" for lobe in
    ("upper_lobe_left", "lower_lobe_left", "upper_lobe_right", "middle_lobe_right", "lower_lobe_right")
)  # fmt: skip
TUBES = ("esophagus", "small_bowel", "duodenum", "colon", "urinary_bladder", "prostate", "heart", "aorta",
         "inferior_vena_cava", "portal_vein_and_splenic_vein", "iliac_artery_left", "iliac_artery_right",
         "iliac_vena_left", "iliac_vena_right", "spinal_cord")  # fmt: skip
BONES = (
    "sacrum", *skeleton.VERTEBRAE, "femur_left", "femur_right", "hip_left", "hip_right",
    *(f"rib_{side}_{number}" for side in ("left", "right") for number in sorted(skeleton.RIBS)),
    "sternum", "costal_cartilages",
)  # fmt: skip
MUSCLES = tuple(
    f"{muscle}_{side}"
    for muscle in ("gluteus_maximus", "gluteus_medius", "gluteus_minimus", "autochthon", "iliopsoas")
    for side in ("left", "right")
)
NAMES = (*SOLID, *LUNGS, *TUBES, *BONES, *MUSCLES, "_fat", "_soft")
# name: spread of the offset along x, y, z (mm) and of the logarithm of the size, where it is not the usual one.
SPREAD: dict[str, tuple[float, float, float, float]] = {
    "liver": (3, 3, 4, 0.055),
    "spleen": (3, 5, 6, 0.13),
    "kidney_left": (4, 4, 9, 0.07),
    "kidney_right": (4, 4, 9, 0.07),
    "gallbladder": (5, 4, 5, 0.16),
    "stomach": (5, 4, 5, 0.11),
    "colon": (3, 3, 5, 0.02),
    "urinary_bladder": (3, 2, 3, 0.15),
    "heart": (5, 3, 4, 0.06),
}
USUAL = (2.5, 2.5, 3.0, 0.08)
SHORTEST_CROPPED = 300.0  # mm: a shorter view has nothing to lose, it would hold next to no liver


@dataclass(frozen=True)
class Placed:
    """What every subject has: its template placed on a grid, and its fat.

    Attributes:
        size: What the warp spans `(x, y, z)`, mm: of a trunk the field of view.
        centre: Template coordinates of the middle of the grid before the warp, mm.
        scale: Patient millimetres per template millimetre along x, y and z.
        velocity: Control points of the warp, mm.
        habitus: 0 lean to 1 obese.
        fat: Subcutaneous fat in front, at the sides and behind, mm.
        bulk: Factor on the muscles.
    """

    size: list[float]
    centre: list[float]
    scale: list[float]
    velocity: list[Any]
    habitus: float
    fat: list[float]
    bulk: float


@dataclass(frozen=True)
class Anatomy(Placed):
    """Every number that makes one trunk, ready for JSON.

    Attributes:
        domes: Heights of the right and left dome of the diaphragm, mm.
        fissure: Shift of the fissures of the lungs, mm.
        left_lobe: Factor on the liver's left lobe.
        male: Whether there is a prostate.
        poses: Offset (mm) and scale of each organ.
        coil: Axis and radius of the small bowel, mm.
        colon: Axis and radius of the colon, mm.
    """

    domes: list[float]
    fissure: float
    left_lobe: float
    male: bool
    poses: dict[str, list[float]]
    coil: list[list[float]]
    colon: list[list[float]]


def sample_anatomy(settings: PhantomSettings, rng: np.random.Generator) -> Anatomy:
    """Draw a subject.

    Args:
        settings: Field of view, strength of the warp, share of cropped scans.
        rng: Source of randomness.
    """
    habitus = float(rng.beta(1.8, 2.4))
    stature = rng.normal(1.0, 0.035)
    girth = [0.9 + 0.17 * habitus, 0.88 + 0.26 * habitus, 1.0]
    scale = [float(stature * g * rng.normal(1, 0.02)) for g in girth]
    fat = [float(t * rng.lognormal(0, 0.2)) for t in (5 + 26 * habitus, 4 + 22 * habitus, 6 + 22 * habitus)]
    right = rng.normal(165, 6)
    size, centre = _field_of_view(settings, scale, rng)
    return Anatomy(
        size=size,
        centre=centre,
        scale=scale,
        habitus=habitus,
        fat=fat,
        domes=[float(right), float(right - rng.normal(13, 4))],
        fissure=float(rng.normal(0, 8)),
        bulk=float(rng.normal(1.0, 0.07)),
        left_lobe=float(rng.normal(1.0, 0.12)),
        male=bool(rng.random() < 0.5),
        poses=_sample_poses(1.06 - 0.08 * habitus, rng),
        coil=organs.sample_coil(rng),
        colon=organs.sample_colon(rng),
        velocity=sample_velocity(settings.size, settings.warp_mm, rng),
    )


def _field_of_view(
    settings: PhantomSettings, scale: list[float], rng: np.random.Generator
) -> tuple[list[float], list[float]]:
    """Return extent (mm) and centre (template mm); a cropped scan ends above the pelvis or in the liver's dome."""
    size = [float(length) for length in settings.size]
    # A view too short for the trunk keeps the liver; one too long shows more of both ends.
    top = max(size[2] / 2 / scale[2] - 15, 185) + rng.uniform(-14, 22)
    bottom = top - size[2] / scale[2]
    if rng.random() < settings.crop and size[2] > SHORTEST_CROPPED:
        if rng.random() < 0.6:
            bottom = max(bottom, rng.uniform(-130, -50))
        else:
            top = min(top, rng.uniform(132, 160))
    size[2] = float((top - bottom) * scale[2])
    centre = [float(rng.normal(0, 4)), float(18 + rng.normal(0, 3)), float((top + bottom) / 2)]
    return size, centre


def _sample_poses(size: float, rng: np.random.Generator) -> dict[str, list[float]]:
    poses = {}
    for name in (*SOLID, *TUBES):
        *offset, spread = SPREAD.get(name, USUAL)
        poses[name] = [*rng.normal(0, offset).tolist(), float(size * np.exp(spread * np.clip(rng.normal(), -1.8, 1.8)))]
    return poses


def label_map(
    anatomy: Anatomy, spacing: tuple[float, float, float], shape: tuple[int, int, int]
) -> tuple[NDArray[np.uint8], dict[int, str]]:
    """Evaluate a subject on a grid.

    Args:
        anatomy: The subject.
        spacing: Voxel size `(x, y, z)`, mm.
        shape: Number of voxels `(x, y, z)`; the grid is centred on the field of view.

    Returns:
        Labels `(x, y, z)` uint8 in RAS+ (0: air), and the name of every value, the same for every subject.
    """
    canvas = Canvas(*template_coordinates(anatomy, spacing, shape), NAMES)
    body = torso(canvas, anatomy.habitus, anatomy.fat, anatomy.domes)
    skeleton.paint_spine(canvas)
    skeleton.paint_cage(canvas)
    skeleton.paint_pelvis(canvas)
    organs.paint_vessels(canvas, anatomy.poses)
    skeleton.paint_muscles(canvas, anatomy.bulk)
    organs.paint_solid(canvas, body, anatomy.poses, anatomy.male)
    organs.paint_gut(canvas, body, anatomy.poses, anatomy.coil, anatomy.colon)
    organs.paint_liver(canvas, body, anatomy.poses["liver"], anatomy.left_lobe)
    organs.paint_spleen(canvas, body, anatomy.poses["spleen"])
    paint_lungs(canvas, body, anatomy.fissure)
    canvas.labels[body.skin > 0] = 0
    paint_rest(canvas, body, lean=6 - 5 * anatomy.habitus)
    _drop_crumbs(canvas.labels, canvas.values["_fat"])
    return canvas.labels, dict(enumerate(NAMES, start=1))


def template_coordinates(
    anatomy: Placed, spacing: tuple[float, float, float], shape: tuple[int, int, int]
) -> tuple[list[NDArray[np.floating]], NDArray[np.float32]]:
    """Return the unwarped template coordinates along each axis and the warp `(x, y, z, 3)` to add to them, mm."""
    patient = [(np.arange(n) - (n - 1) / 2) * step for n, step in zip(shape, spacing, strict=True)]
    axes = [p / s + c for p, s, c in zip(patient, anatomy.scale, anatomy.centre, strict=True)]
    return axes, displacement(anatomy.velocity, anatomy.size, patient)


def _drop_crumbs(labels: NDArray[np.uint8], rest: int) -> None:
    """Give every piece but the largest of each organ to `rest`, in place (26-connected)."""
    for value, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None or NAMES[value - 1].startswith(("_", "costal")):
            continue
        pieces, count = ndimage.label(labels[box] == value, structure=np.ones((3, 3, 3)))
        if count > 1:
            sizes = np.bincount(pieces.ravel())
            labels[box][(pieces > 0) & (pieces != 1 + sizes[1:].argmax())] = rest
