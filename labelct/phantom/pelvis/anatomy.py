"""Procedural pelves: prostate, bladder and rectum between the bones and muscles of the trunk's phantom.

Drawn and evaluated as `labelct.phantom.anatomy` does it, in the same template coordinates; a subject can be evaluated
on any grid, so that one anatomy can be shown as MR and as CT.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelct.phantom import anatomy as trunk
from labelct.phantom import organs, skeleton
from labelct.phantom.envelope import Torso, torso
from labelct.phantom.shapes import Canvas, Shape, ellipsoid, rotation, smooth_path, tube, union
from labelct.phantom.warp import sample_velocity

EXTENT = [420.0, 340.0, 160.0]  # mm: what the warp spans, whatever part of it a scan shows
MIDDLE = (0.0, 8.0, -205.0)  # template mm: the middle of a scan, a little above the prostate
DOMES = [165.0, 152.0]  # mm: the diaphragm is far above
# What is painted, and what a label map calls it; the names that are left alone are those of the trunk's phantom.
PARTS = {
    "prostate_peripheral_zone": "prostate",
    "prostate_central_gland": "prostate",
    "urinary_bladder": "urinary_bladder",
    "rectum": "colon",
    "seminal_vesicles": "_soft",
    "levator_ani": "_soft",
    "muscles": "_soft",
    "urethral_sphincter": "_soft",
}
VESSELS = tuple(name for name in organs.VESSELS if name.startswith("iliac"))
TRUNK = (
    *VESSELS, "sacrum", *skeleton.VERTEBRAE, "spinal_cord", "femur_left", "femur_right", "hip_left", "hip_right",
    *trunk.MUSCLES, "_fat", "_soft",
)  # fmt: skip
PAINTED = (*PARTS, *TRUNK)
# Muscles that the trunk's phantom has no names for, right side: how much wider than the radius a section is along x and
# y, and rows (x, y, z, radius), mm.
MUSCLES: tuple[tuple[tuple[float, float], list[list[float]]], ...] = (
    ((0.9, 2.2), [[57, 6, -160, 9], [53, 8, -200, 9], [53, 0, -245, 9]]),  # obturator internus
    ((1.4, 0.8), [[38, 34, -222, 12], [66, 16, -232, 13], [98, 0, -236, 9]]),  # obturator externus
    ((1.3, 0.8), [[30, 66, -206, 11], [66, 46, -232, 14], [92, 28, -262, 12]]),  # pectineus
    ((1.2, 1.2), [[20, 46, -228, 10], [40, 30, -255, 18], [56, 20, -290, 24]]),  # adductors
    ((1.3, 1.0), [[118, 60, -150, 9], [112, 62, -210, 13], [104, 58, -280, 15]]),  # sartorius, rectus femoris
    ((0.7, 1.7), [[146, 34, -150, 9], [154, 22, -215, 11], [156, 18, -280, 12]]),  # tensor fasciae latae
    ((1.3, 0.9), [[74, -22, -226, 11], [118, -8, -234, 11]]),  # quadratus femoris
    ((1.0, 0.7), [[26, -56, -150, 10], [64, -42, -164, 13], [112, -14, -186, 8]]),  # piriformis
    ((2.6, 0.7), [[26, 88, -120, 9], [24, 84, -170, 9], [14, 70, -204, 6]]),  # rectus abdominis
    ((1.0, 1.0), [[150, 2, -250, 14], [150, 4, -290, 18]]),  # vastus lateralis
)
LINING_MM = 2.5  # of muscle and fascia below the subcutaneous fat
NAMES = tuple(dict.fromkeys((*PARTS.values(), *TRUNK)))


@dataclass(frozen=True)
class Pelvis(trunk.Placed):
    """Every number that makes one pelvis, ready for JSON.

    Attributes:
        prostate: Centre and semi-axes of the gland, mm.
        lobes: Factors on the right and the left lobe.
        gland: Share of the semi-axes that the central gland takes, and how far forward it lies, mm.
        bladder: Semi-axes, mm.
        rectum: Rows (x, y, z, radius), mm.
        vesicles: Semi-axes of a seminal vesicle, mm, and its slope, degrees.
    """

    prostate: list[list[float]]
    lobes: list[float]
    gland: list[float]
    bladder: list[float]
    rectum: list[list[float]]
    vesicles: list[float]


def sample_pelvis(warp_mm: float, rng: np.random.Generator) -> Pelvis:
    """Draw a subject.

    Args:
        warp_mm: Standard deviation of the warp's velocity at its control points, mm.
        rng: Source of randomness.
    """
    habitus = float(rng.beta(1.8, 2.4))
    stature = rng.normal(1.0, 0.035)
    girth = [0.93 + 0.12 * habitus, 0.9 + 0.18 * habitus, 1.0]
    enlarged = float(np.clip(rng.normal(1.06, 0.15), 0.85, 1.35))  # by hyperplasia, which is the central gland's
    radii = np.array([25.0, 16.5, 20.0]) * enlarged * rng.normal(1, [0.06, 0.08, 0.09])
    centre = np.array([rng.normal(0, 2.5), 19 + rng.normal(0, 2.5), -214 + rng.normal(0, 4)])
    rectum = np.array([[0, -30, -262, 9], [0, -20, -240, 11], [0, -17, -216, 15], [0, -30, -188, 18],
                       [0, -44, -160, 17], [0, -46, -128, 16]], dtype=float)  # fmt: skip
    rectum[:, 3] *= rng.uniform(0.8, 1.35) * np.exp(rng.normal(0, 0.13, len(rectum)))
    rectum[:, :3] += rng.normal(0, [4.0, 2.0, 2.0], (len(rectum), 3))
    rectum[:, 1] = np.minimum(rectum[:, 1], centre[1] - radii[1] - 0.8 * rectum[:, 3])  # the gland lies on it
    return Pelvis(
        size=EXTENT,
        centre=[float(MIDDLE[0] + rng.normal(0, 3)), float(MIDDLE[1] + rng.normal(0, 4)), MIDDLE[2] + rng.normal(0, 4)],
        scale=[float(stature * g * rng.normal(1, 0.02)) for g in girth],
        habitus=habitus,
        fat=[float(t * rng.lognormal(0, 0.2)) for t in (6 + 24 * habitus, 5 + 22 * habitus, 8 + 22 * habitus)],
        bulk=float(rng.normal(1.0, 0.07)),
        prostate=[centre.tolist(), radii.tolist()],
        lobes=rng.normal(1.0, 0.08, 2).tolist(),
        gland=[float(np.clip(rng.normal(0.62 + 0.35 * (enlarged - 1), 0.05), 0.45, 0.86)), float(rng.uniform(2, 5))],
        bladder=(np.array([36.0, 29.0, 27.0]) * rng.uniform(0.75, 1.3) * rng.normal(1, 0.08, 3)).tolist(),
        rectum=np.round(rectum, 3).tolist(),
        vesicles=[*(np.array([16.0, 6.0, 7.5]) * rng.uniform(0.75, 1.3)).tolist(), float(rng.uniform(5, 30))],
        velocity=sample_velocity(EXTENT, warp_mm, rng),
    )


def painted(
    pelvis: Pelvis, spacing: tuple[float, float, float], shape: tuple[int, int, int]
) -> tuple[NDArray[np.uint8], dict[int, str]]:
    """Evaluate a subject on a grid, every part of its own: what the looks are made of.

    Args:
        pelvis: The subject.
        spacing: Voxel size `(x, y, z)`, mm.
        shape: Number of voxels `(x, y, z)`; the grid is centred on the subject's `centre`.

    Returns:
        Values `(x, y, z)` uint8 in RAS+ (0: air), and the name of each, the same for every subject.
    """
    canvas = Canvas(*trunk.template_coordinates(pelvis, spacing, shape), PAINTED)
    body = torso(canvas, pelvis.habitus, pelvis.fat, DOMES)
    skeleton.paint_spine(canvas)
    skeleton.paint_pelvis(canvas)
    _paint_prostate(canvas, pelvis)
    _paint_bladder(canvas, pelvis)
    canvas.paint("rectum", tube(canvas, smooth_path(pelvis.rectum, step=7)), within=body.cavity + 2)
    _paint_floor(canvas, pelvis)
    _paint_muscles(canvas, body, pelvis.bulk)
    canvas.labels[body.skin > 0] = 0
    canvas.fill("_soft", (body.wall < 0) & (body.wall > -LINING_MM))
    canvas.fill("_fat", body.skin < 0)
    return canvas.labels, dict(enumerate(PAINTED, start=1))


def label_map(values: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], dict[int, str]]:
    """Return what `painted` gave as a label map with TotalSegmentator's names, the zones of the prostate as one.

    Args:
        values: `(x, y, z)`.
    """
    number = {name: value for value, name in enumerate(NAMES, start=1)}
    table = np.array([0, *(number[PARTS.get(name, name)] for name in PAINTED)], np.uint8)
    return table[values], dict(enumerate(NAMES, start=1))


def _paint_prostate(canvas: Canvas, pelvis: Pelvis) -> None:
    """Paint the gland, two lobes and an apex that narrows, around its central part."""
    centre, radii = (np.array(part) for part in pelvis.prostate)
    share, ahead = pelvis.gland
    inner = centre + np.array([0, ahead, 0.12 * radii[2]])
    whole = _lobes(canvas, centre, radii, pelvis.lobes)
    core = ellipsoid(canvas, inner, radii * share * [1, 1.05, 1.0], power=2.2, box=whole.box)
    canvas.paint("prostate_central_gland", Shape(whole.box, np.maximum(whole.distance, core.distance)))
    canvas.paint("prostate_peripheral_zone", whole)


def _lobes(canvas: Canvas, centre: NDArray[np.float64], radii: NDArray[np.float64], lobes: list[float]) -> Shape:
    """Return both lobes as one shape, flat behind, a little narrower towards the apex."""
    parts = []
    for side, factor in zip((1, -1), lobes, strict=True):
        middle = centre + np.array([side * 0.28 * radii[0], -0.08 * radii[1], 0.1 * radii[2]])
        parts.append(ellipsoid(canvas, middle, radii * [0.72, 0.92, 0.9] * factor, rotation("y", side * 10), power=2.3))
    parts.append(ellipsoid(canvas, centre - [0, -0.1 * radii[1], 0.25 * radii[2]], radii * [0.68, 0.8, 0.78]))
    return union(canvas, parts, blend=0.3 * float(radii[1]))


def _paint_bladder(canvas: Canvas, pelvis: Pelvis) -> None:
    """Paint the bladder on top of the prostate, and behind it the seminal vesicles."""
    centre, radii = (np.array(part) for part in pelvis.prostate)
    base = centre + np.array([0, 0.5 * radii[1], 0.8 * radii[2] + 0.85 * pelvis.bladder[2]])
    canvas.paint("urinary_bladder", ellipsoid(canvas, base, pelvis.bladder, rotation("x", -12), power=2.3))
    *axes, slope = pelvis.vesicles
    for side in (1, -1):
        place = centre + np.array([side * (0.75 * axes[0] + 2), -0.55 * radii[1], radii[2] + 0.8 * axes[2]])
        canvas.paint("seminal_vesicles", ellipsoid(canvas, place, axes, rotation("y", -side * slope)))


def _paint_floor(canvas: Canvas, pelvis: Pelvis) -> None:
    """Paint the sling of the pelvic floor beside prostate and rectum, and the sphincter below the apex."""
    centre, radii = (np.array(part) for part in pelvis.prostate)
    low = centre[2] - radii[2]
    sphincter = np.array([[centre[0], centre[1] + 2, low + 4, 8.5], [centre[0], centre[1] + 4, low - 30, 9.5]])
    canvas.paint("urethral_sphincter", tube(canvas, sphincter))
    for side in (1, -1):
        outer = side * (radii[0] + 7)
        sling = np.array([
            [side * 12, 36, low - 8, 3.0], [0.75 * outer, 16, low - 4, 3.4], [0.8 * outer, -18, low - 4, 3.6],
            [side * 13, -44, low - 2, 3.6],
        ])  # fmt: skip
        high = np.array([
            [outer, 34, centre[2] + 6, 2.6], [outer + side * 2, 12, centre[2] + 6, 3.0],
            [outer, -20, centre[2] + 4, 3.0], [side * 18, -50, centre[2], 3.0],
        ])  # fmt: skip
        sheet = [np.linspace(sling, high, 6)[step] for step in range(6)]
        parts = [tube(canvas, smooth_path(row, step=8)) for row in sheet]
        canvas.paint("levator_ani", union(canvas, parts, blend=3))


def _paint_muscles(canvas: Canvas, body: Torso, bulk: float) -> None:
    """Paint the iliac vessels and every muscle within the wall; what is left between them is fat."""
    for name in VESSELS:
        canvas.paint(name, tube(canvas, smooth_path(organs.VESSELS[name])))
    skeleton.paint_muscles(canvas, bulk)
    for (wide, deep), rows in MUSCLES:
        path = smooth_path(rows, step=9) * [1, 1, 1, bulk]
        for side in (1, -1):
            canvas.paint("muscles", tube(canvas, skeleton.mirror(path, side), (wide, deep, 1.0)), within=body.wall)
