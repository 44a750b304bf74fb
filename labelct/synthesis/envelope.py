"""The body envelope around labels where no CT shows it: a cavity in a wall of muscle under a shell of fat.

Every axial section is convex and described by its support function `h(phi, z)`, the largest projection of its points on
the direction `phi`. In these terms the hull of a union is a maximum, dilation by `w` mm is `h + w`, and interpolation
between sections is linear (R. Schneider, Convex Bodies: The Brunn-Minkowski Theory, ch. 1.7).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelct.priors.table import AIR
from labelct.sides import LEFT, other_side, sides
from labelct.synthesis.kernels import Voxels, kernels_of

if TYPE_CHECKING:
    from labelct.synthesis.scene import Scene

OUTSIDE, SHELL, WALL, CAVITY = range(4)
DIRECTIONS = 180
COVERED = 0.45
AVERAGE_MM = (148.0, 100.0)
SPARSE_SHRINK = 0.7
MIDLINE = ("vertebrae", "spinal_cord", "sacrum", "sternum", "trachea")

Profile = NDArray[np.float64]


def _angles() -> Profile:
    return np.linspace(0.0, 2 * np.pi, DIRECTIONS, endpoint=False)


def midline_x(label_map: NDArray[np.integer], names: Mapping[int, str]) -> float | None:
    """Return the x index of the patient's midline, from midline bones or from left/right pairs, or None.

    Args:
        label_map: `(x, y, z)` label values, thinned to a coarse grid.
        names: Names of the values.
    """
    columns = np.arange(label_map.shape[0], dtype=float)

    def centre(values: list[int]) -> float | None:
        counts = np.isin(label_map, values).sum(axis=(1, 2)) if values else np.zeros(1)
        return float(counts @ columns / counts.sum()) if counts.sum() else None

    middle = centre([value for value, name in names.items() if name.startswith(MIDLINE)])
    if middle is not None:
        return middle
    known = {name: value for value, name in names.items()}
    middles = []
    for name, value in known.items():
        other = known.get(other_side(name, known))
        if sides([name], known) == {LEFT} and other is not None:
            left, right = centre([value]), centre([other])
            if left is not None and right is not None:
                middles.append((left + right) / 2)
    return float(np.mean(middles)) if middles else None


def envelope_centre(label_map: Voxels, spacing: Sequence[float], names: Mapping[int, str]) -> tuple[float, float]:
    """Return the in-plane centre `(x, y)` of the body in mm from the first voxel's centre.

    A CT field of view is centred on the patient, so the grid's centre is the guess; x is corrected by the midline.
    """
    step = coarse_step(spacing)
    coarse = kernels_of(label_map).host(label_map[:: step[0], :: step[1], :: step[2]])
    middle = midline_x(coarse, names)
    x = (label_map.shape[0] - 1) / 2 if middle is None else middle * step[0]
    return x * spacing[0], (label_map.shape[1] - 1) / 2 * spacing[1]


def coarse_step(spacing: Sequence[float], target_mm: float = 3.0) -> tuple[int, int, int]:
    """Return the strides that thin a grid to about `target_mm`."""
    x, y, z = (max(1, round(target_mm / s)) for s in spacing)
    return x, y, z


def label_support(foreground: Voxels, spacing: Sequence[float], centre: Sequence[float]) -> Profile:
    """Return the support function of the labels in every axial section.

    Args:
        foreground: `(x, y, z)`, True on labels.
        spacing: Voxel size in mm.
        centre: In-plane origin `(x, y)` in mm.

    Returns:
        `(phi, z)` mm; sections without labels are interpolated between those with labels, and repeated beyond.
    """
    first, last = kernels_of(foreground).extent(foreground, 1)
    x, z = np.nonzero(last >= 0)
    x, y, z = np.tile(x, 2), np.concatenate([first[x, z], last[x, z]]), np.tile(z, 2)
    dx, dy = x * spacing[0] - centre[0], y * spacing[1] - centre[1]
    sector = np.round(np.arctan2(dy, dx) * (DIRECTIONS / (2 * np.pi))).astype(int) % DIRECTIONS
    distance = np.hypot(dx, dy)
    radius = np.full((DIRECTIONS, foreground.shape[2]), -1.0)
    np.maximum.at(radius, (sector, z), distance)
    farthest = distance == radius[sector, z]
    outline = np.zeros((2, *radius.shape))
    outline[:, sector[farthest], z[farthest]] = dx[farthest], dy[farthest]
    filled = np.flatnonzero((radius >= 0).any(axis=0))
    directions = np.stack([np.cos(_angles()), np.sin(_angles())], axis=1)
    support = np.zeros_like(radius)
    for k in filled:
        support[:, k] = (directions @ outline[:, radius[:, k] >= 0, k]).max(axis=1)
    if len(filled):
        for row in support:
            row[:] = np.interp(np.arange(len(row)), filled, row[filled])
    return support


def ellipse_support(half_width: float, half_depth: float) -> Profile:
    """Return the support function `(phi, 1)` in mm of an ellipse at the origin."""
    return np.hypot(half_width * np.cos(_angles()), half_depth * np.sin(_angles()))[:, None]


def radial(support: Profile) -> Profile:
    """Return the radius `(theta, z)` in mm of the sections whose support function is `(phi, z)`."""
    cosine = np.cos(_angles()[:, None] - _angles()[None, :])
    radius = np.full_like(support, np.inf)
    for row, direction in zip(cosine.T, support, strict=True):
        facing = row > 0.05
        radius[facing] = np.minimum(radius[facing], direction[None, :] / row[facing, None])
    return np.maximum(radius, 0.0)


def mirrored(support: Profile) -> Profile:
    """Return the support function `(phi, z)` of the mirror image about the plane x = 0."""
    return np.roll(support[::-1], DIRECTIONS // 2 + 1, axis=0)


def narrowing(support: Profile, size: float, slope: float) -> Profile:
    """Return the support function `(phi, z)` of sections that narrow away from the wide ones no faster than `slope`.

    Args:
        support: `(phi, z)` mm.
        size: Distance of the sections in mm.
        slope: Loss of support in mm for each mm along z.
    """
    ramp = slope * size * np.arange(support.shape[1])
    above = np.maximum.accumulate(support + ramp, axis=1) - ramp
    below = np.maximum.accumulate((support - ramp)[:, ::-1], axis=1)[:, ::-1] + ramp
    return np.maximum(above, below)


def section_area(support: Profile) -> Profile:
    """Return the area of every section in mm2."""
    radius = radial(support)
    return 0.5 * np.sin(2 * np.pi / DIRECTIONS) * (radius * np.roll(radius, 1, axis=0)).sum(axis=0)


def envelope_shells(
    foreground: Voxels, spacing: Sequence[float], centre: Sequence[float], params: Mapping[str, Any]
) -> tuple[Profile, Profile, Profile]:
    """Return the radii of the cavity, of the muscle wall around it and of the skin.

    Where the labels fill less than 45 % of an average body (a liver, eight abdominal organs) a drawn ellipse stands in
    for the envelope, which holds the labels and their mirror image and narrows slowly above and below them, as a rib
    cage does around lungs; where they outline it, the ellipse is shrunk and only bridges sparse sections.

    Args:
        foreground: `(x, y, z)`, True on labels.
        spacing: Voxel size in mm.
        centre: In-plane origin in mm.
        params: `half_width_mm`, `half_depth_mm`, `narrowing`, `wall_mm`, `fat_mm`, `fat_tilt`, `fat_angle`.

    Returns:
        Three arrays `(theta, z)` in mm, to a micrometre, so that a replay elsewhere meets the same surface.
    """
    from scipy.ndimage import gaussian_filter1d, maximum_filter1d

    step = coarse_step(spacing)[:2]
    coarse = foreground[:: step[0], :: step[1]]
    labels = label_support(coarse, (spacing[0] * step[0], spacing[1] * step[1], spacing[2]), centre)
    ellipse = ellipse_support(params["half_width_mm"], params["half_depth_mm"])
    covered = np.median(section_area(labels)) > COVERED * section_area(ellipse_support(*AVERAGE_MM))
    if not covered:
        labels = narrowing(np.maximum(labels, mirrored(labels)), spacing[2], params["narrowing"])
    cavity = np.maximum(labels, ellipse * (SPARSE_SHRINK if covered else 1.0))
    width = int(2 * round(10.0 / spacing[2]) + 1)
    cavity = gaussian_filter1d(maximum_filter1d(cavity, width, axis=1), 8.0 / spacing[2], axis=1, mode="nearest")
    wall = cavity + params["wall_mm"]
    tilt = 1.0 + params["fat_tilt"] * np.cos(_angles() - params["fat_angle"])
    skin = wall + params["fat_mm"] * tilt[:, None]
    return np.round(radial(cavity), 3), np.round(radial(wall), 3), np.round(radial(skin), 3)


def envelope_layers(scene: Scene, params: Mapping[str, Any]) -> Voxels:
    """Return the layer of every voxel, `(x, y, z)`: 0 outside, 1 shell of fat, 2 wall of muscle, 3 cavity.

    Args:
        scene: Its labels, all but air, lie in the cavity.
        params: Of `background.sample`.
    """
    tissue = (scene.label_map > 0) & ~scene.where({AIR})
    shells = envelope_shells(tissue, scene.spacing, params["centre_mm"], params)
    geometry = np.array([*scene.spacing[:2], *params["centre_mm"]])
    return scene.kernels.rasterise(tissue, [shell.astype(np.float32) for shell in shells], geometry)


def envelope_half_axes(labelled: Voxels, spacing: Sequence[float], params: Mapping[str, Any]) -> list[float]:
    """Return how far the envelope around sparse labels reaches from its centre, `[x, y]` mm, skin included.

    Args:
        labelled: `(x, y, z)`, True on labels.
        spacing: Voxel size in mm.
        params: Of `background.sample`.
    """
    columns = np.nonzero(kernels_of(labelled).host(labelled.any(axis=2)))
    drawn = params["half_width_mm"], params["half_depth_mm"]
    rind = params["wall_mm"] + params["fat_mm"]
    reach = []
    for axis, size, centre, half in zip(columns, spacing, params["centre_mm"], drawn, strict=False):
        reach.append(float(max(half, np.abs(axis * size - centre).max(initial=0.0))) + rind)
    return reach
