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
    from scipy.ndimage import distance_transform_edt

    lowest = space.levels[0] * space.spacing[2] if len(space.levels) else 0.0
    for z in space.sections:
        cavity, height = space.cavity[:, :, z], z * space.spacing[2]
        if not cavity.any() or height < lowest - drawn["below_mm"]:
            continue
        outwards = distance_transform_edt(~cavity, sampling=space.spacing[:2])
        outwards = np.where(space.body[:, :, z], outwards, np.inf)
        shell = (outwards > drawn["gap_mm"]) & (outwards <= drawn["gap_mm"] + drawn["thickness_mm"])
        along = (height + drawn["slope"] * space.y + drawn["phase_mm"]) % drawn["pitch_mm"]
        space.placed[:, :, z][shell & (along < drawn["width_mm"])] = number["_rib"]
