"""A vertebral column and its muscles at the back."""

import numpy as np

from labelct.synthesis.distractors.space import Drawn, Geometry, Numbers, Space, between, density

KNOWN = "vertebrae_"


def sample(rng: np.random.Generator) -> Drawn:
    """Draw depth, widths and densities."""
    geometry = between(rng, back_mm=(50.0, 75.0), half_width_mm=(18.0, 25.0), half_depth_mm=(14.0, 20.0))
    geometry |= between(rng, muscle_width_mm=(16.0, 30.0), muscle_depth_mm=(14.0, 24.0))
    return geometry, {"_muscle": density(rng, 15.0, 80.0, 12.0), "_spine": density(rng, 110.0, 380.0, 60.0)}


def place(space: Space, drawn: Geometry, number: Numbers) -> None:
    """Place an elliptic vertebra with a spinous process between two muscles into every section."""
    middle = np.argmin(np.abs(space.x))
    body = space.kernels.host(space.body[middle])
    y = space.y.T - space.y[0, body.argmax(axis=0)] - drawn["back_mm"]
    behind = y + 0.9 * drawn["half_depth_mm"] + 0.5 * drawn["muscle_depth_mm"]
    aside = np.abs(space.x) - drawn["muscle_width_mm"] - 6.0
    aside, across = (aside / drawn["muscle_width_mm"]) ** 2, (space.x / drawn["half_width_mm"]) ** 2
    behind, along = (behind / drawn["muscle_depth_mm"]) ** 2, (y / drawn["half_depth_mm"]) ** 2
    arch = (y < -drawn["half_depth_mm"]) & (y > -3.0 * drawn["half_depth_mm"])
    columns = [space.on(column)[:, :, None] for column in (aside, across, np.abs(space.x) < 4.0)]
    levels = [space.on(level) for level in (behind, along, arch)]
    there = space.on(np.asarray(body.any(axis=0)))
    for block in space.blocks:
        section, inside = space.placed[:, :, block], space.body[:, :, block] & there[block]
        behind, along, arch = (level[:, block] for level in levels)
        section[(columns[0] + behind <= 1) & inside] = number["_muscle"]
        section[((columns[1] + along <= 1) | (columns[2] & arch)) & inside] = number["_spine"]
