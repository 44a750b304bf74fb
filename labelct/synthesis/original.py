"""The CT itself in place of a painted volume: the arm that every recipe is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from labelct.errors import InputError

if TYPE_CHECKING:
    from labelct.synthesis.scene import Scene


def sample(scene: Scene, rng: np.random.Generator) -> None:
    """Draw nothing."""


def apply(scene: Scene, params: None) -> None:
    """Take the CT for the volume, and the label map for the training labels.

    Raises:
        InputError: The case has no CT.
    """
    if scene.case.ct is None:
        raise InputError("data=clinical", "the case has no CT", "set data=synth1, synth2 or synth3, or add its CT")
    scene.volume = np.ascontiguousarray(scene.case.ct, np.float32)
    scene.target = scene.recipe.targets.merge(scene.label_map, scene.names)
