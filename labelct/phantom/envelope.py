"""The trunk's outlines: skin, muscle wall, body cavity, diaphragm and lungs, as distances over the whole grid."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelct.phantom.shapes import Canvas, Distance, tube

# Rows: height z, half-width, front y, back y (mm; the origin is the centre of the third lumbar vertebra).
WALL = np.array([
    [-260, 160, 80, -88], [-190, 163, 88, -98], [-120, 155, 102, -96], [-60, 145, 112, -88], [0, 141, 116, -84],
    [60, 147, 128, -82], [120, 152, 140, -82], [180, 150, 150, -88], [250, 142, 150, -98], [320, 125, 135, -105],
], dtype=float)  # fmt: skip
CAVITY = np.array([
    [-260, 40, 40, -50], [-215, 52, 62, -62], [-180, 64, 74, -66], [-140, 88, 86, -62], [-100, 116, 94, -48],
    [-50, 127, 101, -42], [0, 128, 105, -42], [60, 133, 116, -46], [110, 138, 128, -54], [160, 136, 137, -62],
    [250, 126, 136, -74], [320, 100, 120, -80],
], dtype=float)  # fmt: skip
POWER = 2.4  # of the superellipse that a trunk is in cross-section: between an ellipse (2) and a box
# Rows (x, y, z, radius), mm.
DISCS = np.array([[0.0, 10, -90, 20], [0, 14, 0, 20], [0, -4, 100, 19], [0, -28, 200, 17]])
CRUS = np.array([[17.0, 26, 10, 5], [20, 22, 60, 7], [22, 20, 95, 7.5], [18, 36, 125, 6.5], [4, 46, 140, 6]])
# Rows: height z, factor on the thickness of the subcutaneous fat.
FAT_BELT = np.array([[-220.0, 1.25], [-120, 1.35], [-40, 1.25], [60, 0.9], [150, 0.6], [250, 0.6]])


@dataclass(frozen=True)
class Torso:
    """Distances (mm, negative inside) over the grid, and the height above the diaphragm.

    Attributes:
        skin: Outer surface of the body.
        wall: Outer surface of the muscle layer.
        cavity: Inner surface of the body wall.
        diaphragm: Height above the diaphragm, mm; negative in the abdomen.
    """

    skin: Distance
    wall: Distance
    cavity: Distance
    diaphragm: Distance


def outline(
    profile: NDArray[np.float64],
    angle: NDArray[np.float64],
    height: NDArray[np.float64],
    inset: NDArray[np.float64] | float,
) -> NDArray[np.float64]:
    """Return points `(n, 3)` on an outline, drawn in by `inset` mm.

    Args:
        profile: `WALL` or `CAVITY`.
        angle: Degrees from straight back, growing towards the patient's right.
        height: z, mm.
        inset: Distance inside the outline, mm.
    """
    width, front, back = (np.interp(height, profile[:, 0], profile[:, k]) for k in (1, 2, 3))
    sine, cosine = np.sin(np.deg2rad(angle)), np.cos(np.deg2rad(angle))
    depth = (front - back) / 2
    radius = (np.abs(sine / width) ** POWER + np.abs(cosine / depth) ** POWER) ** (-1 / POWER) - inset
    return np.stack([radius * sine, (front + back) / 2 - radius * cosine, np.broadcast_to(height, radius.shape)], -1)


def torso(canvas: Canvas, habitus: float, fat: list[float], domes: list[float]) -> Torso:
    """Compute the outlines at the warped coordinates of `canvas`.

    Args:
        canvas: Holds the coordinates.
        habitus: 0 lean to 1 obese.
        fat: Subcutaneous fat in front, at the sides and behind, mm.
        domes: Height of the right and left dome of the diaphragm, mm.
    """
    x, y, _ = canvas.position
    wall, side, ahead = _radial(canvas, WALL)
    cavity, _, _ = _radial(canvas, CAVITY)
    front, lateral, back = fat
    weight = side**2
    belly = np.where(ahead > 0, np.float32(front), np.float32(back))
    thickness = weight * np.float32(lateral) + (1 - weight) * belly
    skin = wall - thickness * _profile(canvas, FAT_BELT, 1)
    furrow = np.exp(-((x / 16) ** 2)) * np.clip(-ahead, 0, 1) * np.float32(4 + 6 * habitus)
    return Torso(skin + furrow, wall, cavity, _above_diaphragm(canvas, cavity, x, y, domes))


def _profile(canvas: Canvas, profile: NDArray[np.float64], column: int) -> Distance:
    return np.interp(canvas.position[2], profile[:, 0], profile[:, column]).astype(np.float32)


def _radial(canvas: Canvas, profile: NDArray[np.float64]) -> tuple[Distance, Distance, Distance]:
    """Return the distance along the ray from the axis, and the ray's sideways and forward direction cosines."""
    width, front, back = (_profile(canvas, profile, k) for k in (1, 2, 3))
    x, y = canvas.position[0], canvas.position[1] - (front + back) / 2
    radius = np.hypot(x, y) + np.float32(1e-3)
    ratio = (
        np.abs(x / width) ** np.float32(POWER) + np.abs(y / ((front - back) / 2)) ** np.float32(POWER)
    ) ** np.float32(1 / POWER) + np.float32(1e-4)
    return radius * (1 - 1 / ratio), x / radius, y / radius


def _above_diaphragm(canvas: Canvas, cavity: Distance, x: Distance, y: Distance, domes: list[float]) -> Distance:
    """Two domes over a rim that hangs low at the back and high in front, flattened under the heart."""
    rim = 92 + 0.24 * (y - 30)
    depth = np.clip(-cavity / 85, 0, 1)
    rise = np.sqrt(np.clip(1 - (1 - depth) ** np.float32(2.4), 0, 1))
    share = 1 / (1 + np.exp(-x / 14))
    peak = np.float32(domes[1]) + np.float32(domes[0] - domes[1]) * share
    saddle = 14 * np.exp(-(((x + 18) / 34) ** 2)) * np.clip((y + 20) / 80, 0, 1)
    return canvas.position[2] - (rim + (peak - rim) * rise - saddle)


def paint_lungs(canvas: Canvas, body: Torso, fissure: float) -> None:
    """Paint the five lobes above the diaphragm and beside the mediastinum.

    Args:
        canvas: Already holds heart, vessels and bones.
        body: The outlines.
        fissure: Shift of the fissures along the body axis, mm.
    """
    x, y, z = canvas.position
    mediastinum = np.where(y > 20, 14 + 0.1 * np.clip(y - 20, 0, None), 26 - 0.3 * (20 - y)) - np.abs(x + 6)
    room = (body.cavity < -1.5) & (body.diaphragm > 3.5) & (mediastinum < 0)
    oblique = y - (88 - 0.85 * (z - 165 - fissure))
    right = room & (x > 0)
    canvas.fill("lung_lower_lobe_right", right & (oblique < 0))
    canvas.fill("lung_middle_lobe_right", right & (z < 179 + fissure))
    canvas.fill("lung_upper_lobe_right", right)
    left = room & (x <= 0)
    canvas.fill("lung_lower_lobe_left", left & (oblique < 0))
    canvas.fill("lung_upper_lobe_left", left)


def paint_rest(canvas: Canvas, body: Torso, lean: float) -> None:
    """Paint what no organ covers: diaphragm, body wall, mesentery and pelvic floor soft, the remainder fat.

    Args:
        canvas: Already holds every organ.
        body: The outlines.
        lean: Thickness of the soft lining of the cavity, mm.
    """
    z = canvas.position[2]
    lining = np.clip(np.interp(z, [-200, -120, -40, 100, 160], [14, 4, lean, 3, 2]), 0, None).astype(np.float32)
    canvas.fill("_soft", (np.abs(body.diaphragm) < 3.5) & (body.cavity < 0))
    for path in (DISCS, CRUS, CRUS * [-1, 1, 1, 1]):
        canvas.paint("_soft", tube(canvas, path))
    # The abdominal wall is a layer with fat behind it, beside the back muscles; chest and groin are muscle throughout.
    layer = np.interp(z, [-150, -100, 80, 110], [250, 23, 21, 250]).astype(np.float32)
    canvas.fill("_soft", (body.cavity > -lining) & (body.wall < 0) & (body.wall > -layer))
    canvas.fill("_fat", body.skin < 0)
