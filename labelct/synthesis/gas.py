"""Gas in hollow organs: stomach and bowel are contents below and gas above, for a patient lying on the back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from labelct.priors.table import Prior
from labelct.settings import Checked, choice, interval, ranged

if TYPE_CHECKING:
    from labelct.synthesis.scene import Scene

KINDS = ("prior", "wide")
SUFFIX = ":gas"
MOST = 0.9  # of an organ: a wall and some contents are always left
FULL = 0.1  # an organ with this prior share or more may be filled, one of less (small bowel, oesophagus) in proportion
GAS_SD = 8.0  # HU within gas: nothing but the scanner's noise is seen in it
LOOPS = (0.25, 0.6)  # weight of a loop's own level against its height, from loop to loop of a tube
ONE_LEVEL = frozenset({"stomach"})  # one room, one level; in a tube each loop has its own


@dataclass
class Settings(Checked, section="gas"):
    """How much gas hollow organs hold, where `fill.gas` leaves them any.

    Attributes:
        kind: `prior` (a share of U(0, twice the prior's), with the prior's HU) or `wide` (any share up to `most`, above
            a level as gravity has it).
        empty: Chance under `wide` that an organ holds none.
        most: Largest share of an organ under `wide`.
        hu: Interval of the gas's mean under `wide`.
    """

    kind: str = choice("prior", KINDS)
    empty: float = ranged(0.2, 0.0, 1.0)
    most: float = ranged(0.8, 0.0, MOST)
    hu: list[float] = interval(-1000.0, -950.0, -1024.0, -300.0)
    read_with: ClassVar = dict.fromkeys(("empty", "most", "hu"), ("kind", ("wide",)))


def sample(scene: Scene, rng: np.random.Generator) -> dict[str, Any]:
    """Draw how much of each hollow organ is gas.

    Returns:
        `fraction` and `seed` by organ, under `wide` with `loops`, how much the level differs from loop to loop; empty
        where HU follow no priors, which alone say what is hollow.
    """
    recipe, drawn = scene.recipe, {}
    if not recipe.fill.gas or not recipe.fill.uses_priors:
        return {}
    draw = _wide if recipe.data.gas.kind == "wide" else _of_prior
    for name in recipe.priors.hollow(scene.labels):
        drawn[name], scene.own_hu[name + SUFFIX] = draw(recipe.priors[name], recipe.data.gas, rng)
    return drawn


def _of_prior(prior: Prior, settings: Settings, rng: np.random.Generator) -> tuple[dict[str, Any], dict[str, float]]:
    fraction = min(MOST, float(rng.uniform(0.0, 2.0 * prior.gas_fraction)))
    held = {"fraction": fraction, "seed": int(rng.integers(2**31))}
    return held, {"hu": prior.hu_gas, "sd": prior.hu_gas_sd}


def _wide(prior: Prior, settings: Settings, rng: np.random.Generator) -> tuple[dict[str, Any], dict[str, float]]:
    empty, share, level = rng.random(), rng.random(), rng.uniform(settings.hu[0], settings.hu[1])
    most = settings.most * min(1.0, prior.gas_fraction / FULL)
    loops = 0.0 if prior.name in ONE_LEVEL else float(rng.uniform(*LOOPS))
    fraction = 0.0 if empty < settings.empty else float(share * most)
    held = {"fraction": fraction, "seed": int(rng.integers(2**31)), "loops": loops}
    return held, {"hu": float(level), "sd": GAS_SD}


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
