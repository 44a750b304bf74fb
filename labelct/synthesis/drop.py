"""Labels that are left out of a volume, so that a network cannot lean on their neighbours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from labelct.synthesis.settings import DropSettings
from labelct.synthesis.targets import Targets


def of_structures(settings: DropSettings, targets: Targets) -> DropSettings:
    """Return the settings with the chance of a target given to each structure in it that has none of its own."""
    by_target = {part: chance for name, chance in settings.labels.items() for part in targets.get(name, ())}
    own = {name: chance for name, chance in settings.labels.items() if name not in targets}
    return replace(settings, labels=by_target | own)


def sample_drop(names: Iterable[str], settings: DropSettings, rng: np.random.Generator) -> list[str]:
    """Draw the labels that are not pasted back.

    Every label takes one draw, whatever its chance, so that changing one label's chance leaves the others as they
    were. Completion classes (leading underscore) are no labels and always stay.

    Args:
        names: Names of the labels that the volume holds, in a fixed order.
        settings: Chances.
        rng: Source of the draws.

    Returns:
        Names of the dropped labels, in the order given.
    """
    dropped = []
    for name in names:
        chance = settings.labels.get(name, settings.probability)
        if rng.random() < chance and not name.startswith("_"):
            dropped.append(name)
    return dropped
