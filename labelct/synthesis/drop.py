"""Labels that are left out of a volume, so that a network cannot lean on their neighbours."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelct.errors import check_range
from labelct.priors.table import BACKGROUND_CLASSES
from labelct.settings import Checked, ranged
from labelct.targets import Targets

if TYPE_CHECKING:
    from labelct.synthesis.scene import Scene


@dataclass
class Settings(Checked):
    """How often a label is not pasted back.

    Attributes:
        probability: Chance of each label, independent for each label and volume.
        labels: Chances of single labels by name, in place of `probability`; a target's name stands for its parts.
        validation: Whether validation volumes lose labels too; a volume without the target says nothing about a
            checkpoint.
    """

    probability: float = ranged(0.5, 0.0, 1.0)
    labels: dict[str, float] = field(default_factory=dict)
    validation: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, chance in self.labels.items():
            check_range(f"labels.{name}", chance, 0.0, 1.0)

    def chances(self, targets: Targets) -> dict[str, float]:
        """Return the chances of single structures: that of a target is shared by the parts that have none of their own.

        Args:
            targets: Which structures belong to which target.
        """
        by_target = {part: chance for name, chance in self.labels.items() for part in targets.parts.get(name, ())}
        return by_target | {name: chance for name, chance in self.labels.items() if name not in targets.parts}


def sample(scene: Scene, rng: np.random.Generator) -> dict[str, list[str]]:
    """Draw the labels that are not pasted back.

    Every label takes one draw, whatever its chance, so that changing one label's chance leaves the others as they
    were. What grew in a label is pasted or dropped together with it.

    Returns:
        Names of the labels, `pasted` and `dropped`, each in a fixed order.

    Raises:
        InputError: A label value has no name.
    """
    recipe, found = scene.recipe, set(scene.present.values())
    paintable = recipe.targets.structures if recipe.kind.targets_only else found - set(BACKGROUND_CLASSES)
    labels = scene.labels = sorted((found & paintable) - set(scene.grown))
    settings = recipe.drop
    chances = settings.chances(recipe.targets)
    dropped = [
        name for name in labels if rng.random() < chances.get(name, settings.probability) and not name.startswith("_")
    ]
    grown = {name: growth.host for name, growth in scene.grown.items() if growth.host in labels}
    pasted = [name for name in labels if name not in dropped]
    return {
        "pasted": pasted + [name for name, host in grown.items() if host not in dropped],
        "dropped": dropped + [name for name, host in grown.items() if host in dropped],
    }


def apply(scene: Scene, params: Mapping[str, Any]) -> None:
    """Say which labels are pasted, beside what the map itself calls background, and make the training labels."""
    scene.pasted = list(params["pasted"])
    shown = ["", *scene.pasted, *BACKGROUND_CLASSES]
    number = {name: place for place, name in enumerate(shown)}
    lookup = np.zeros(value_count(scene), np.min_scalar_type(len(shown)))
    for value, name in scene.names.items():
        lookup[value] = number.get(name, 0)
    scene.shown = shown, lookup
    structures = scene.recipe.targets.structures
    hosts = {name: growth.host for name, growth in scene.grown.items() if name not in structures}
    names = {value: hosts.get(name, name) for value, name in scene.names.items()}
    scene.target = scene.kernels.relabel(scene.label_map, training_values(scene, names, params["dropped"]))


def value_count(scene: Scene) -> int:
    """Return one more than the largest value that the label map has or names."""
    return max([scene.kernels.largest(scene.label_map), *scene.names]) + 1


def training_values(scene: Scene, names: Mapping[int, str], dropped: Collection[str] = ()) -> NDArray[np.uint8]:
    """Return the training label of every value of the label map.

    Args:
        scene: Whose label map and targets they are.
        names: What each value counts as.
        dropped: Names of structures that are left out.
    """
    return scene.recipe.targets.merge(np.arange(value_count(scene)), names, dropped)
