"""Bones, cartilage, spinal cord and the named muscles of the trunk (template coordinates, mm)."""

import numpy as np
from numpy.typing import NDArray

from labelct.phantom.envelope import WALL, outline
from labelct.phantom.shapes import Canvas, Shape, cylinder, ellipsoid, rotation, smooth_path, tube, union

# name: height of the body's centre, its y, half-width, half-depth, half-height.
VERTEBRAE: dict[str, tuple[float, float, float, float, float]] = {
    "vertebrae_S1": (-97, -6, 26, 16, 14),
    "vertebrae_L5": (-68, 9, 26, 17.5, 13),
    "vertebrae_L4": (-34, 15, 25, 17.5, 13.5),
    "vertebrae_L3": (0, 14, 24.5, 17.5, 13.5),
    "vertebrae_L2": (34, 9, 23.5, 17, 13.5),
    "vertebrae_L1": (68, 3, 22.5, 16.5, 13),
    "vertebrae_T12": (100, -4, 21, 16, 12.5),
    "vertebrae_T11": (131, -11, 19.5, 15.5, 12),
    "vertebrae_T10": (160, -18, 18, 15, 11.5),
    "vertebrae_T9": (188, -26, 17, 14.5, 11),
    "vertebrae_T8": (214, -33, 16.5, 14, 10.5),
    "vertebrae_T7": (239, -39, 16, 14, 10),
}
# number: height at the spine, height at the front end, angle of the front end (degrees from straight back).
RIBS: dict[int, tuple[float, float, float]] = {
    12: (108, 48, 58),
    11: (138, 36, 84),
    10: (166, 46, 104),
    9: (193, 66, 119),
    8: (219, 90, 131),
    7: (244, 116, 141),
    6: (268, 142, 149),
    5: (290, 168, 154),
}
Points = NDArray[np.float64]
# Rows (x, y, z) or (x, y, z, radius) of the right side.
CREST: Points = np.array([
    [44, -58, -92], [54, -54, -70], [74, -34, -52], [100, 0, -46], [122, 36, -58], [124, 58, -82], [116, 60, -100],
], dtype=float)  # fmt: skip
SACRUM: Points = np.array([
    [0, -30, -92, 13], [0, -34, -112, 14], [0, -50, -140, 11], [0, -62, -168, 8.5], [0, -60, -192, 6],
])  # fmt: skip
ALA: Points = np.array([[20.0, -18, -97, 15], [43, -36, -108, 13]])
FEMUR: Points = np.array([
    [92.0, 18, -194, 23], [112, 14, -204, 15], [136, 6, -214, 17], [143, 6, -240, 15], [140, 8, -290, 14],
])  # fmt: skip
BACK: Points = np.array([
    [24.0, -60, -118, 10], [33, -57, -70, 21], [36, -54, -10, 23], [36, -56, 60, 22], [32, -64, 150, 16],
    [28, -76, 260, 13],
])  # fmt: skip
PSOAS: Points = np.array([
    [31.0, 4, 62, 7], [38, 10, 10, 17], [47, 18, -45, 22], [66, 28, -95, 25], [88, 42, -145, 22], [98, 44, -190, 18],
    [110, 28, -235, 13],
])  # fmt: skip
ILIACUS: Points = np.array([[80.0, 5, -75, 16], [94, 20, -105, 21], [92, 34, -140, 18]])


def mirror(points: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Return points (x first) for a side: +1 the patient's right, -1 the left."""
    return points * np.array([side] + [1] * (points.shape[1] - 1))


def paint_spine(canvas: Canvas) -> None:
    """Paint the cord, then every vertebra as a body with its arch and processes, then the sacrum."""
    cord = [[0, y - depth - 9, z, 6.5] for z, y, _, depth, _ in sorted(VERTEBRAE.values())]
    canvas.paint("spinal_cord", tube(canvas, smooth_path(np.array(cord, dtype=float))))
    for name, (z, y, width, depth, height) in VERTEBRAE.items():
        canvas.paint(name, cylinder(canvas, (0, y, z), (width, depth, height)))
        if name != "vertebrae_S1":
            canvas.paint(name, _arch(canvas, z, y - depth - 8, width + 11, droop=14 if "T" in name else 5))
    canvas.paint("sacrum", tube(canvas, smooth_path(SACRUM), squash=(2.3, 1, 1)))
    for side in (-1, 1):
        canvas.paint("sacrum", tube(canvas, mirror(ALA, side)))


def _arch(canvas: Canvas, z: float, canal: float, reach: float, droop: float) -> Shape:
    """Return a vertebral arch around a canal at y `canal`, with spinous and transverse processes."""
    spinous = tube(canvas, np.array([[0, canal - 10, z - 3, 6.5], [0, canal - 32, z - droop, 5.5]]))
    transverse = np.array([[12, canal + 3, z, 6], [reach, canal - 7, z + 1, 4.5]])
    ring = cylinder(canvas, (0, canal - 1, z - 3), (17, 14.5, 10))
    return union(canvas, [ring, spinous, *(tube(canvas, mirror(transverse, side)) for side in (-1, 1))])


def rib_path(number: int, side: int) -> NDArray[np.float64]:
    """Return `(n, 4)` points and radii of a rib, from the spine to its front end."""
    spine, front, end = RIBS[number]
    share = np.linspace(0, 1, 16)
    angle = 22 + share * (end - 22)
    height = spine + 2 + (front - spine) * share**1.15
    inset = 8 + 15 * np.clip(np.cos(np.deg2rad(angle)), 0, 1) ** 2
    points = outline(WALL, angle, height, inset)
    radius = np.interp(share, [0, 0.15, 1], [5.5, 6.0, 5.2])
    return mirror(np.column_stack([points, radius]), side)


def paint_cage(canvas: Canvas) -> None:
    """Paint ribs 5 to 12, the costal cartilages that join them to the sternum, and the sternum."""
    for side, name in ((1, "right"), (-1, "left")):
        for number in RIBS:
            canvas.paint(f"rib_{name}_{number}", tube(canvas, rib_path(number, side)))
        for number in (5, 6, 7, 8, 9, 10):
            _, front, end = RIBS[number]
            above = RIBS.get(number - 1, (0, 190, 160))
            goal = (172.0, 166.0 + 12 * (7 - number)) if number <= 7 else (above[2] + 2, above[1] - 1)
            angle, height = np.linspace(end, goal[0], 6), np.linspace(front, goal[1], 6)
            path = np.column_stack([outline(WALL, angle, height, 9), np.full(6, 5.6)])
            canvas.paint("costal_cartilages", tube(canvas, mirror(path, side)))
    plate = np.array([[0, 128, 150, 5], [0, 137, 172, 6.5], [0, 140, 220, 7.5], [0, 132, 300, 7]], dtype=float)
    canvas.paint("sternum", tube(canvas, plate, squash=(2.4, 1, 1)))


def paint_pelvis(canvas: Canvas) -> None:
    """Paint both femora, and the hip bones as a fan from the socket to the iliac crest, ramus and ischium."""
    for side, name in ((1, "right"), (-1, "left")):
        canvas.paint(f"femur_{name}", tube(canvas, mirror(FEMUR, side)))
        socket = np.array([84, 14, -168])
        crest = smooth_path(np.column_stack([CREST, np.full(len(CREST), 6.0)]), step=9)
        fan = [tube(canvas, mirror(np.array([[*socket, 9], point]), side)) for point in crest]
        parts = [
            tube(canvas, mirror(crest + np.array([0, 0, 0, 1.0]), side)),
            ellipsoid(canvas, (side * 86, 17, -187), (28, 28, 28)),
            tube(canvas, mirror(np.array([[78.0, 36, -184, 11], [46, 58, -196, 9], [13, 56, -208, 11]]), side)),
            tube(canvas, mirror(np.array([[80.0, 0, -196, 16], [66, -34, -222, 15], [58, -26, -244, 12]]), side)),
            tube(canvas, mirror(np.array([[13.0, 54, -210, 9], [30, 20, -232, 8], [56, -18, -246, 9]]), side)),
        ]
        canvas.paint(f"hip_{name}", union(canvas, [*fan, *parts], blend=5))


def paint_muscles(canvas: Canvas, bulk: float) -> None:
    """Paint the back muscles, hip flexors and gluteal muscles.

    Args:
        canvas: Already holds the bones.
        bulk: Factor on the muscles' thickness.
    """
    for side, name in ((1, "right"), (-1, "left")):
        canvas.paint(f"autochthon_{name}", tube(canvas, _muscle(BACK, side, bulk), squash=(1.35, 1, 1)))
        parts = [tube(canvas, _muscle(PSOAS, side, bulk)), tube(canvas, _muscle(ILIACUS, side, bulk))]
        canvas.paint(f"iliopsoas_{name}", union(canvas, parts, blend=8))
        turn = rotation("y", side * -14) @ rotation("z", side * -38)
        minimus = ellipsoid(canvas, (side * 120, 22, -145), (13 * bulk, 30, 40), turn)
        canvas.paint(f"gluteus_minimus_{name}", minimus)
        medius = ellipsoid(canvas, (side * 130, 4, -120), (23 * bulk, 46, 68), turn, power=2.4)
        canvas.paint(f"gluteus_medius_{name}", medius)
        turn = rotation("y", side * 22) @ rotation("z", side * 28)
        maximus = ellipsoid(canvas, (side * 92, -54, -165), (60, 25 * bulk, 82), turn, power=2.6)
        canvas.paint(f"gluteus_maximus_{name}", maximus)


def _muscle(path: Points, side: int, bulk: float) -> NDArray[np.float64]:
    return mirror(smooth_path(path) * [1, 1, 1, bulk], side)
