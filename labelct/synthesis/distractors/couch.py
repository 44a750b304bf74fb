"""A couch below the body."""

import numpy as np

from labelct.synthesis.distractors.space import Drawn, Geometry, Numbers, Space, between, density

KNOWN = None


def sample(rng: np.random.Generator) -> Drawn:
    """Draw gap, size, shell and densities."""
    geometry = between(rng, gap_mm=(0.0, 15.0), thickness_mm=(12.0, 45.0), half_width_mm=(180.0, 260.0))
    geometry |= between(rng, shell_mm=(2.0, 5.0))
    return geometry, {"_foam": density(rng, -980.0, -700.0, 5.0), "_shell": density(rng, -500.0, 300.0, 10.0)}


def place(space: Space, drawn: Geometry, number: Numbers) -> None:
    """Place a flat box of foam in a shell into the air behind the body."""
    air = ~space.body
    back = space.y[0, np.flatnonzero(space.kernels.host(space.body.any(axis=(0, 2))))[0]]
    below, half = back - drawn["gap_mm"] - space.y, drawn["half_width_mm"]
    couch = (below > 0) & (below < drawn["thickness_mm"]) & (np.abs(space.x) < half)
    shell = couch & ((below < drawn["shell_mm"]) | (below > drawn["thickness_mm"] - drawn["shell_mm"]))
    space.placed[space.on(couch)[:, :, None] & air] = number["_foam"]
    space.placed[space.on(shell)[:, :, None] & air] = number["_shell"]
