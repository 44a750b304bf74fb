"""What hollow organs hold beside gas: water, oral contrast, food."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from labelct.errors import SettingError
from labelct.settings import GIVEN, Checked, interval, ranged

if TYPE_CHECKING:
    from labelct.synthesis.scene import Scene, Spec

REACHED = 0.75  # of the organs of a patient who drank: a drink is in some parts of the bowel, and not in others
SOLID = frozenset({"stomach", "colon"})  # food lies in one, stool in the other; what is between them is liquid
WATER_HU, WATER_SD = (0.0, 20.0), 10.0
FOOD_HU, FOOD_SD = (-20.0, 90.0), (30.0, 110.0)  # fat, bread and bubbles in one heap
UNEVEN = (0.05, 0.2)  # spread of oral contrast within an organ, in shares of its HU: it settles and thins


@dataclass
class Settings(Checked, section="contents"):
    """What stomach and bowel hold beside gas; all zeros leave what the prior says.

    Attributes:
        water: Chance of a volume whose patient drank water.
        contrast: Chance of one whose patient drank positive contrast.
        food: Chance of a stomach with food, and of a colon with stool.
        contrast_hu: Interval of the positive contrast's HU.
    """

    water: float = ranged(0.0, 0.0, 1.0)
    contrast: float = ranged(0.0, 0.0, 1.0)
    food: float = ranged(0.0, 0.0, 1.0)
    contrast_hu: list[float] = interval(100.0, 450.0, 0.0, 3000.0)
    read_with: ClassVar = {"contrast_hu": ("contrast", GIVEN)}

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.water + self.contrast > 1.0:
            raise SettingError("contents.water", self.water, f"at most 1 - contents.contrast={self.contrast}")


def sample(scene: Scene, rng: np.random.Generator) -> dict[str, Spec] | None:
    """Draw the contents of every hollow organ that holds other ones than the prior says.

    Returns:
        `hu` and `sd` by organ; None where the settings ask for none or no prior says what is hollow.
    """
    settings, recipe = scene.recipe.data.contents, scene.recipe
    if not (settings.water or settings.contrast or settings.food) or not recipe.fill.uses_priors:
        return None
    drink, drawn = rng.random(), {}
    for name in recipe.priors.hollow(scene.labels):
        reached, fed, level, spread = rng.random(), rng.random(), rng.random(), rng.random()
        contents: Spec | None = None
        if name in SOLID and fed < settings.food:
            contents = {"hu": float(np.interp(level, (0, 1), FOOD_HU)), "sd": float(np.interp(spread, (0, 1), FOOD_SD))}
        elif reached < REACHED and drink < settings.contrast:
            hu = float(np.interp(level, (0, 1), settings.contrast_hu))
            contents = {"hu": hu, "sd": hu * float(np.interp(spread, (0, 1), UNEVEN))}
        elif reached < REACHED and drink < settings.contrast + settings.water:
            contents = {"hu": float(np.interp(level, (0, 1), WATER_HU)), "sd": WATER_SD}
        if contents is not None:
            drawn[name] = contents
    apply(scene, drawn)
    return drawn


def apply(scene: Scene, params: Mapping[str, Any] | None) -> None:
    """Put the contents in the place of what the prior says."""
    scene.classes |= params or {}
