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
    for z in space.sections:
        section, body = space.placed[:, :, z], space.body[:, :, z]
        back = np.flatnonzero(body[middle])
        if not len(back):
            continue
        y = space.y - space.y[0, back[0]] - drawn["back_mm"]
        behind = y + 0.9 * drawn["half_depth_mm"] + 0.5 * drawn["muscle_depth_mm"]
        aside = np.abs(space.x) - drawn["muscle_width_mm"] - 6.0
        muscle = (aside / drawn["muscle_width_mm"]) ** 2 + (behind / drawn["muscle_depth_mm"]) ** 2 <= 1
        section[muscle & body] = number["_muscle"]
        vertebra = (space.x / drawn["half_width_mm"]) ** 2 + (y / drawn["half_depth_mm"]) ** 2 <= 1
        arch = (np.abs(space.x) < 4.0) & (y < -drawn["half_depth_mm"]) & (y > -3.0 * drawn["half_depth_mm"])
        section[(vertebra | arch) & body] = number["_spine"]
