"""Ribs in the wall of the body, outside its cavity."""

import numpy as np

from labelct.synthesis.distractors.space import Drawn, Geometry, Numbers, Space, between, density

KNOWN = "rib_"


def sample(rng: np.random.Generator) -> Drawn:
    """Draw distance, width, slope and density."""
    geometry = between(rng, pitch_mm=(22.0, 34.0), width_mm=(7.0, 12.0), thickness_mm=(6.0, 10.0))
    geometry |= between(rng, slope=(-0.7, -0.3), phase_mm=(0.0, 34.0), below_mm=(0.0, 60.0), gap_mm=(0.0, 6.0))
    return geometry, {"_rib": density(rng, 150.0, 550.0, 60.0)}


def place(space: Space, drawn: Geometry, number: Numbers) -> None:
    """Place sloping rings around the cavity, from a little below the labels upwards."""
    lowest = space.levels[0] * space.spacing[2] if len(space.levels) else 0.0
    wanted = space.kernels.host(space.cavity.any(axis=(0, 1))) & (space.heights >= lowest - drawn["below_mm"])
    reach = drawn["gap_mm"] + drawn["thickness_mm"]
    along = (space.heights + drawn["slope"] * space.y.T + drawn["phase_mm"]) % drawn["pitch_mm"]
    rib = space.on((along < drawn["width_mm"]) & wanted)
    for block in space.blocks:
        if wanted[block].any():
            outwards = space.kernels.distance(space.cavity[:, :, block], space.spacing, reach)
            shell = space.body[:, :, block] & (outwards > drawn["gap_mm"]) & (outwards <= reach)
            space.placed[:, :, block][shell & rib[:, block]] = number["_rib"]
