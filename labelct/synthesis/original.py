"""The CT itself in place of a painted volume: the arm that every recipe is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from labelct.synthesis.drop import training_values
from labelct.synthesis.scene import needed

if TYPE_CHECKING:
    from labelct.synthesis.scene import Scene


def sample(scene: Scene, rng: np.random.Generator) -> None:
    """Draw nothing."""


def apply(scene: Scene, params: None) -> None:
    """Take the CT for the volume, and the label map for the training labels, with what no loss shall see.

    Raises:
        InputError: The case has no CT.
    """
    ct = needed(scene.case.ct, "data=clinical", "set data=synth1, synth2 or synth3, or add its CT")
    scene.volume = scene.kernels.as_hu(ct)
    scene.target = scene.kernels.relabel(scene.label_map, training_values(scene, scene.names))
    if scene.case.ignored is not None:
        scene.target[scene.case.ignored] = scene.recipe.targets.ignore
