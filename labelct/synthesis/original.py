"""The CT or MR itself in place of a painted volume: the arms that every recipe is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from labelct.synthesis.drop import training_values
from labelct.synthesis.scene import needed

if TYPE_CHECKING:
    from labelct.synthesis.scene import Scene


# By what the recipe needs of a case: the key that asks for it, and what to do where it is not there.
ASKED = {
    "ct": ("data=clinical", "set data=synth1, synth2 or synth3, or add its CT"),
    "mr": ("data=mr", "add its MR and set cohort.modality=mr"),
}


def sample(scene: Scene, rng: np.random.Generator) -> None:
    """Draw nothing."""


def apply(scene: Scene, params: None) -> None:
    """Take the image for the volume, and the label map for the training labels, with what no loss shall see.

    Raises:
        InputError: The case has no such image.
    """
    modality = scene.recipe.kind.image
    assert modality is not None
    image = scene.case.mr if modality == "mr" else scene.case.ct
    scene.volume = scene.kernels.as_hu(needed(image, *ASKED[modality], modality))
    scene.target = scene.kernels.relabel(scene.label_map, training_values(scene, scene.names))
    if scene.case.ignored is not None:
        scene.target[scene.case.ignored] = scene.recipe.targets.ignore
