"""Labels that are left out of a volume, so that a network cannot lean on their neighbours."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from labelct.synthesis.settings import DropSettings


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
