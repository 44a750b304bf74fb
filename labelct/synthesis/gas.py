"""Gas in hollow organs: stomach and bowel are contents below and gas above, for a patient lying on the back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from labelct.synthesis.scene import Scene

SUFFIX = ":gas"
MOST = 0.9  # of an organ: a wall and some contents are always left


def sample(scene: Scene, rng: np.random.Generator) -> dict[str, Any]:
    """Draw how much of each hollow organ is gas: U(0, twice the prior's fraction), at most 90 %.

    Returns:
        `fraction` and `seed` by organ; empty where HU follow no priors, which alone say what is hollow.
    """
    recipe, drawn = scene.recipe, {}
    if not recipe.fill.gas or not recipe.fill.uses_priors:
        return {}
    for name in scene.labels:
        prior = recipe.priors[name]
        if prior.gas_fraction > 0:
            fraction = min(MOST, float(rng.uniform(0.0, 2.0 * prior.gas_fraction)))
            drawn[name] = {"fraction": fraction, "seed": int(rng.integers(2**31))}
            scene.own_hu[name + SUFFIX] = {"hu": prior.hu_gas, "sd": prior.hu_gas_sd}
    return drawn


def apply(scene: Scene, params: Mapping[str, Any]) -> None:
    """Part the gas of each hollow organ from its contents."""
    hollow = [name for name in params if name in scene.pasted]
    if not hollow:
        return
    painted, kernels = scene.painted, scene.kernels
    boxes = kernels.bounding_boxes(painted.numbers, len(painted.names))
    for name in hollow:
        organ = painted.names.index(name)
        box, gas = boxes[organ], painted.add(name + SUFFIX)[name + SUFFIX]
        if box[3]:
            view = painted.numbers[box[0] : box[3], box[1] : box[4], box[2] : box[5]]
            view[kernels.gas_voxels(view == organ, scene.spacing, params[name])] = gas
