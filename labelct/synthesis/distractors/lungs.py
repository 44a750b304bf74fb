"""Lungs above the labels, with heart and mediastinum between them."""

import numpy as np
from numpy.typing import NDArray

from labelct.synthesis.distractors.space import Drawn, Geometry, Numbers, Space, between, density
from labelct.synthesis.envelope import coarse_step

KNOWN = "lung_"
BELOW = -1e6  # mm: the height where there is no label
RECESS_SLOPE = 3.0  # mm down for each mm aside: the recess beside a dome is steep
COARSE_MM = 6.0  # the dome is smooth, a grid this coarse is enough
REACH_MM = 150.0  # the dome's parabola meets nothing of a body beyond


def sample(rng: np.random.Generator) -> Drawn:
    """Draw lungs that stand on a dome and reach into a recess around it; the left one is a little lower."""
    geometry = between(rng, fall_per_mm=(0.004, 0.012), gap_mm=(1.0, 5.0), left_mm=(0.0, 30.0), recess_mm=(0.0, 40.0))
    geometry |= between(rng, heart_left_mm=(10.0, 40.0), heart_front_mm=(0.0, 35.0), heart_above_mm=(5.0, 40.0))
    geometry |= between(rng, heart_width_mm=(45.0, 65.0), heart_depth_mm=(38.0, 55.0), heart_height_mm=(40.0, 65.0))
    geometry |= between(rng, mediastinum_mm=(18.0, 35.0))
    return geometry, {"_lung": density(rng, -920.0, -700.0, 60.0), "_heart": density(rng, 15.0, 220.0, 15.0)}


def place(space: Space, drawn: Geometry, number: Numbers) -> None:
    """Place lungs where a section lies over the dome, and heart and mediastinum between them."""
    if not len(space.levels):
        return
    height, x, y = dome(space, drawn), space.x, space.y
    heart = np.argmin(np.abs(x + drawn["heart_left_mm"])), np.argmin(np.abs(y - drawn["heart_front_mm"]))
    across = (x + drawn["heart_left_mm"]) / drawn["heart_width_mm"]
    along = (y - drawn["heart_front_mm"]) / drawn["heart_depth_mm"]
    above = (space.heights - height[heart] - drawn["heart_above_mm"]) / drawn["heart_height_mm"]
    dome_height, flat = space.on(height)[:, :, None], space.on(across**2 + along**2)[:, :, None]
    vessels = space.on(np.abs(x) < drawn["mediastinum_mm"])[:, :, None]
    for block in space.blocks:
        section, over = space.placed[:, :, block], space.on(space.heights[block]) - dome_height
        lung = space.cavity[:, :, block] & (over > drawn["gap_mm"])
        section[lung] = number["_lung"]
        heart_or_vessels = (flat + space.on(above[block] ** 2) <= 1) | vessels
        section[lung & heart_or_vessels] = number["_heart"]


def dome(space: Space, drawn: Geometry) -> NDArray[np.float64]:
    """Return the height in mm, `(x, y)`, of a surface that lies on the labels and falls off around them.

    The envelope of the labels' upper surface and of its mirror image, a little lower, stands for the diaphragm: what
    holds one organ up on the right holds others up on the left. Beside them it falls steeply into a recess and then
    like a parabola.
    """
    from scipy.ndimage import grey_dilation, maximum_filter, zoom

    labelled, spacing, step = space.labelled, space.spacing, coarse_step(space.spacing, COARSE_MM)[:2]
    _, top = space.kernels.extent(labelled, 2)
    height = maximum_filter(np.where(top >= 0, top * spacing[2], BELOW), [2 * s + 1 for s in step])
    height = height[:: step[0], :: step[1]]
    columns = np.round(2 * space.centre_mm[0] / (spacing[0] * step[0])) - np.arange(len(height))
    inside = (columns >= 0) & (columns < len(height))
    mirrored = np.where(inside[:, None], height[np.clip(columns, 0, len(height) - 1).astype(int)], BELOW)
    height = np.maximum(height, mirrored - drawn["left_mm"])
    reach = [int(np.ceil(REACH_MM / (size * s))) for size, s in zip(spacing[:2], step, strict=True)]
    x, y = (np.arange(-n, n + 1) * size * s for n, size, s in zip(reach, spacing[:2], step, strict=True))
    distance = np.hypot(x[:, None], y[None, :])
    fall = -np.minimum(RECESS_SLOPE * distance, drawn["recess_mm"] + drawn["fall_per_mm"] * distance**2)
    envelope = grey_dilation(height, structure=fall, mode="constant", cval=BELOW)
    finer = [n / m for n, m in zip(labelled.shape[:2], envelope.shape, strict=True)]
    enlarged: NDArray[np.float64] = zoom(envelope, finer, order=1, mode="nearest", grid_mode=True)
    return np.round(enlarged, 3)
