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
    column = space.kernels.host(space.body[middle])
    y = space.y.T - space.y[0, column.argmax(axis=0)] - drawn["back_mm"]
    behind = y + 0.9 * drawn["half_depth_mm"] + 0.5 * drawn["muscle_depth_mm"]
    aside = np.abs(space.x) - drawn["muscle_width_mm"] - 6.0
    there, x = space.on(np.asarray(column.any(axis=0))), space.on(space.x)[:, :, None]
    muscles = space.on((aside / drawn["muscle_width_mm"]) ** 2)[:, :, None], (behind / drawn["muscle_depth_mm"]) ** 2
    bodies = space.on((space.x / drawn["half_width_mm"]) ** 2)[:, :, None], (y / drawn["half_depth_mm"]) ** 2
    process = (y < -drawn["half_depth_mm"]) & (y > -3.0 * drawn["half_depth_mm"])
    for block in space.blocks:
        section, body = space.placed[:, :, block], space.body[:, :, block] & there[block]
        section[(muscles[0] + space.on(muscles[1][:, block]) <= 1) & body] = number["_muscle"]
        vertebra = bodies[0] + space.on(bodies[1][:, block]) <= 1
        arch = (abs(x) < 4.0) & space.on(process[:, block])
        section[(vertebra | arch) & body] = number["_spine"]
