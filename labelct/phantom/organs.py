"""Organs, vessels and bowel of the trunk as implicit shapes (template coordinates, mm; +x is the patient's right)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelct.phantom.envelope import Torso
from labelct.phantom.shapes import Canvas, Shape, ellipsoid, rotation, smooth_path, tube, union

Pose = list[float]

# name: rows (x, y, z, radius).
VESSELS: dict[str, list[list[float]]] = {
    "aorta": [[-22, -8, 290, 13], [-24, -6, 215, 13], [-20, 6, 165, 12.5], [-14, 24, 110, 12], [-12, 32, 60, 11.5],
              [-14, 41, 0, 10.5], [-8, 43, -40, 10.5], [-5, 40, -62, 11]],
    "iliac_artery_left": [[-9, 41, -62, 8], [-30, 42, -92, 7], [-54, 38, -125, 7], [-74, 58, -180, 6.5],
                          [-80, 74, -225, 6.5]],
    "iliac_artery_right": [[2, 42, -62, 8], [24, 44, -92, 7], [54, 38, -125, 7], [74, 58, -180, 6.5],
                           [80, 74, -225, 6.5]],
    "inferior_vena_cava": [[14, 38, -68, 13], [18, 42, -20, 13], [19, 40, 50, 13], [24, 38, 110, 14],
                           [21, 46, 152, 15], [14, 62, 178, 13]],
    "iliac_vena_left": [[12, 34, -70, 9], [-16, 28, -98, 8], [-46, 22, -130, 8], [-66, 44, -185, 8],
                        [-68, 62, -225, 8]],
    "iliac_vena_right": [[18, 34, -70, 9], [30, 28, -98, 8], [46, 22, -130, 8], [66, 44, -185, 8], [68, 62, -225, 8]],
    "portal_vein_and_splenic_vein": [[-92, 14, 86, 5], [-62, 36, 76, 5.5], [-24, 58, 66, 6], [6, 62, 60, 7],
                                     [24, 64, 82, 8], [40, 68, 102, 7.5], [66, 62, 110, 6.5]],
    "esophagus": [[-6, 14, 290, 8], [-4, 16, 220, 8], [-8, 28, 180, 8.5], [-18, 40, 148, 9], [-38, 50, 126, 9]],
}  # fmt: skip
GUT: dict[str, list[list[float]]] = {
    "gallbladder": [[46, 80, 58, 8], [54, 88, 48, 13.5], [62, 96, 36, 17.5], [66, 102, 28, 14.5]],
    "stomach": [[-64, 38, 134, 28], [-72, 58, 112, 34], [-73, 82, 84, 29], [-58, 98, 62, 24], [-30, 104, 50, 19.5],
                [0, 98, 46, 15], [16, 90, 50, 12]],
    "duodenum": [[20, 88, 50, 13], [44, 76, 48, 14], [52, 58, 28, 13.5], [48, 50, 4, 13], [30, 58, -12, 12.5],
                 [-6, 60, -10, 11.5], [-32, 60, 12, 11]],
    "pancreas": [[38, 62, 12, 11], [30, 66, 30, 16], [10, 74, 46, 11.5], [-18, 70, 58, 12.5], [-48, 52, 70, 12],
                 [-78, 34, 82, 11.5], [-92, 24, 88, 8]],
}  # fmt: skip
COLON: list[list[float]] = [
    [84, 58, -104, 22], [94, 48, -82, 29], [104, 32, -45, 26], [106, 26, -8, 25], [100, 42, 18, 24], [80, 76, 16, 22],
    [48, 96, -2, 22], [4, 98, -16, 22], [-44, 98, -6, 21], [-88, 76, 30, 21], [-110, 38, 60, 21], [-113, 12, 34, 17],
    [-113, 10, -10, 16], [-110, 18, -55, 16], [-92, 40, -96, 16], [-58, 50, -118, 17], [-24, 42, -102, 18],
    [10, 20, -112, 18], [14, -10, -134, 19], [2, -34, -158, 22], [0, -30, -190, 22], [0, -22, -228, 15],
]  # fmt: skip


def moved(path: ArrayLike, pose: Pose, step: float = 12.0) -> NDArray[np.float64]:
    """Return a smooth path after its pose `[dx, dy, dz, scale]`, scaled about its centroid."""
    path = np.asarray(path, dtype=float)
    centre = path[:, :3].mean(axis=0)
    points = centre + (path[:, :3] - centre) * pose[3] + pose[:3]
    return smooth_path(np.column_stack([points, path[:, 3] * pose[3]]), step)


def paint_vessels(canvas: Canvas, poses: dict[str, Pose]) -> None:
    """Paint the great vessels and the oesophagus."""
    for name, path in VESSELS.items():
        radius = poses[name][3]
        canvas.paint(name, tube(canvas, smooth_path(path) * [1, 1, 1, radius]))


def paint_gut(
    canvas: Canvas, body: Torso, poses: dict[str, Pose], coil: list[list[float]], colon: list[list[float]]
) -> None:
    """Paint stomach to rectum.

    Args:
        canvas: Already holds vessels and solid organs with right of way.
        body: The outlines.
        poses: Offset and scale by name.
        coil: Axis and radius of the small bowel.
        colon: Axis and radius of the colon.
    """
    room = np.maximum(body.cavity + 2, body.diaphragm + 3)
    for name, path in GUT.items():
        canvas.paint(name, tube(canvas, moved(path, poses[name])), within=room)
    canvas.paint("colon", tube(canvas, haustra(moved(colon, poses["colon"], step=7))), within=room)
    canvas.paint("small_bowel", tube(canvas, smooth_path(coil, step=10)), within=room)


def haustra(path: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a colon's path with the radius swelling and narrowing every 40 mm or so."""
    wave = 1 + 0.13 * np.sin(np.arange(len(path)) * 2 * np.pi / 5.7)
    return path * np.column_stack([np.ones((len(path), 3)), wave])


def sample_coil(rng: np.random.Generator) -> list[list[float]]:
    """Draw the small bowel: a serpentine through two layers, turned and jittered until it looks like loops."""
    points = [[-34.0, 60, 8, 11.0]]
    for layer, depth in enumerate((56.0, 84.0)):
        rows = range(5) if layer == 0 else range(4, -1, -1)
        for row in rows:
            height = -14.0 - 26 * row
            half = 80 - 6 * row
            across = np.linspace(-half, half, 6) * (1 if (row + layer) % 2 else -1)
            points += [[x - 8, depth - 3 * row, height, 12.5] for x in across]
    coil = np.array(points)
    centre = np.array([-8.0, 70, -64])
    coil[1:, :3] = centre + (coil[1:, :3] - centre) @ rotation("y", rng.uniform(-90, 90)).T
    coil += rng.normal(0, [9, 7, 9, 1.2], (len(points), 4))
    coil[:, 3] = np.clip(coil[:, 3], 10, 15)
    return np.round(coil, 3).tolist()


def sample_colon(rng: np.random.Generator) -> list[list[float]]:
    """Draw the colon's axis about the template; the transverse part sags as it likes."""
    colon = np.array(COLON) + rng.normal(0, [5, 4, 6, 0], (len(COLON), 4))
    colon[6:9, 2] += rng.normal(-4, 18) * np.array([0.7, 1.0, 0.7])
    colon[:, 3] *= rng.uniform(0.85, 1.25) * np.exp(rng.normal(0, 0.09, len(COLON)))
    return np.round(colon, 3).tolist()


def paint_solid(canvas: Canvas, body: Torso, poses: dict[str, Pose], male: bool) -> None:
    """Paint kidneys, adrenals, spleen, heart, bladder and prostate."""
    room = np.maximum(body.cavity + 2, body.diaphragm + 3)
    for side, name, centre in ((1, "right", (74, 0, 36)), (-1, "left", (-78, -2, 46))):
        canvas.paint(f"kidney_{name}", kidney(canvas, centre, side, poses[f"kidney_{name}"]), within=room)
        top = np.array([[34, 20, 104, 5.5], [36, 16, 90, 6], [42, 8, 74, 5]]) if side == 1 else np.array(
            [[-46, 36, 94, 5.5], [-48, 30, 82, 6], [-52, 20, 66, 5]])  # fmt: skip
        canvas.paint(f"adrenal_gland_{name}", tube(canvas, moved(top, poses[f"adrenal_gland_{name}"])), within=room)
    beside = np.maximum(body.cavity + 2, 2 - body.diaphragm)
    turn = rotation("y", -28) @ rotation("z", -28)
    dx, dy, dz, scale = poses["heart"]
    heart = ellipsoid(canvas, (-30 + dx, 82 + dy, 190 + dz), np.array([66, 50, 50]) * scale, turn, power=2.3)
    canvas.paint("heart", heart, within=beside)
    dx, dy, dz, scale = poses["urinary_bladder"]
    bladder = ellipsoid(canvas, (dx, 44 + dy, -172 + dz), np.array([42, 34, 30]) * scale, power=2.3)
    canvas.paint("urinary_bladder", bladder, within=body.cavity)
    if male:
        canvas.paint("prostate", ellipsoid(canvas, (0, 20, -214), np.array([23, 18, 17]) * poses["prostate"][3]))


def kidney(canvas: Canvas, centre: ArrayLike, side: int, pose: Pose) -> Shape:
    """Return a kidney: an ellipsoid leaning along the psoas, dented at its hilum."""
    middle, scale = np.asarray(centre) + pose[:3], pose[3]
    turn = rotation("y", -side * 12) @ rotation("x", -10) @ rotation("z", side * 30)
    bean = ellipsoid(canvas, middle, np.array([29, 25, 55]) * scale, turn, power=2.2)
    hilum = middle + np.array([-side * 24, 10, 0]) * scale
    sinus = ellipsoid(canvas, hilum, np.array([17, 13, 19]) * scale, box=bean.box)
    return Shape(bean.box, np.maximum(bean.distance, -sinus.distance))


def paint_spleen(canvas: Canvas, body: Torso, pose: Pose) -> None:
    """Paint the spleen against the left rear ribs, after the organs that dent it."""
    dx, dy, dz, scale = pose
    turn = rotation("x", 28) @ rotation("z", 28)
    spleen = ellipsoid(canvas, (-103 + dx, -4 + dy, 100 + dz), np.array([35, 48, 62]) * scale, turn, power=2.3)
    canvas.paint("spleen", spleen, within=np.maximum(body.cavity + 3, body.diaphragm + 4))


def paint_liver(canvas: Canvas, body: Torso, pose: Pose, left_lobe: float) -> None:
    """Paint the liver: a wedge under the right dome, its thin end across the midline.

    Args:
        canvas: Already holds the organs that leave an impression on its lower surface.
        body: The outlines.
        pose: Offset and scale.
        left_lobe: Factor on the length of the left lobe.
    """
    dx, dy, dz, scale = pose
    right = ellipsoid(canvas, (72 + dx, 46 + dy, 98 + dz), np.array([71, 88, 102]) * scale, power=2.6)
    left = ellipsoid(
        canvas, (2 + dx, 94 + dy, 120 + dz), np.array([78 * left_lobe, 44, 44]) * scale, rotation("y", -8), power=2.3
    )
    wedge = union(canvas, [right, left], blend=26)
    x, y, z = (canvas.position[k][wedge.box] - (dx, dy, dz)[k] for k in range(3))
    floor = 74 - 0.58 * np.clip(x, -60, 134) - 0.16 * (y - 60)
    rear = 50 - np.hypot(x + 10, y + 8)
    hollow = np.maximum(floor - z, rear)
    lens = np.clip(14 - np.abs(wedge.distance - hollow), 0, None) ** 2 / 56
    canvas.paint(
        "liver",
        Shape(wedge.box, np.maximum(wedge.distance, hollow) + lens.astype(np.float32)),
        within=np.maximum(body.cavity + 3, body.diaphragm + 4),
    )
