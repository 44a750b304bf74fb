"""Arms beside the body."""

import numpy as np

from labelct.synthesis.distractors.space import Drawn, Geometry, Numbers, Space, between, density

KNOWN = None


def sample(rng: np.random.Generator) -> Drawn:
    """Draw gap, thickness, place and densities."""
    geometry = between(rng, gap_mm=(3.0, 30.0), radius_mm=(32.0, 52.0), bone_mm=(9.0, 14.0), front_mm=(-60.0, 40.0))
    return geometry, {"_arm": density(rng, -40.0, 70.0, 20.0), "_arm_bone": density(rng, 250.0, 900.0, 60.0)}


def place(space: Space, drawn: Geometry, number: Numbers) -> None:
    """Place two cylinders along z with a bone in each into the air beside the body."""
    air = ~space.body
    columns = space.kernels.host(space.body.any(axis=(1, 2)))
    side = np.abs(space.x[columns, 0]).max()
    reach = side + drawn["gap_mm"] + drawn["radius_mm"]
    distance = np.hypot(np.abs(space.x) - reach, space.y - drawn["front_mm"])
    space.placed[space.on(distance < drawn["radius_mm"])[:, :, None] & air] = number["_arm"]
    space.placed[space.on(distance < drawn["bone_mm"])[:, :, None] & air] = number["_arm_bone"]
