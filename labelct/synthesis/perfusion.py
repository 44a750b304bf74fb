"""How contrast arrives within an organ: the renal cortex before the medulla, the spleen in bands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from labelct.settings import GIVEN, Checked, interval, ranged
from labelct.synthesis.kernels import HU_LEVELS

if TYPE_CHECKING:
    from labelct.synthesis.scene import Scene, Spec

# How far the early part is ahead of the late one without contrast, in the late arterial, portal and delayed phase: HU,
# grade C (docs/synthesis.md). At three minutes the medulla has drawn level.
LEADS = {"kidney": (0.0, 130.0, 45.0, 0.0), "spleen": (0.0, 70.0, 5.0, 0.0)}
EARLY = 0.6  # of a kidney's volume is cortex, about; of a spleen the bands that have contrast
LATE = {"kidney": ":medulla", "spleen": ":pulp"}
SPREAD = (0.6, 1.2)  # of the lead between organs and patients
BAND_MM = (14.0, 28.0)  # distance over which the bands of a spleen wind
BANDS = (5, 9)  # stripes over the whole range of the field


@dataclass
class Settings(Checked, section="perfusion"):
    """Parts of kidneys and spleen that contrast reaches one after the other, as the phase has it.

    Attributes:
        strength: Factor on how far the early part is ahead; 0 leaves organs whole.
        cortex_mm: Interval of the depth of the renal cortex.
    """

    strength: float = ranged(0.0, 0.0, 3.0)
    cortex_mm: list[float] = interval(5.0, 9.0, 1.0, 30.0)
    read_with: ClassVar = {"cortex_mm": ("strength", GIVEN)}


def sample(scene: Scene, rng: np.random.Generator) -> dict[str, Any] | None:
    """Draw the parts of each kidney and spleen, and say how far one is ahead of the other.

    Returns:
        `organs`, each with `cortex_mm` or with `seed`, `control_point_spacing_mm` and `stripes` of its bands, and
        `classes`, the HU of both parts; None where they are off or HU follow no priors.
    """
    recipe = scene.recipe
    if not recipe.data.perfusion.strength or not recipe.fill.uses_priors:
        return None
    phase, organs = scene.drawn["intensity"], {}
    classes: dict[str, Spec] = {}
    for name in scene.labels:
        kind = next((kind for kind in LEADS if name in (kind, f"{kind}_left", f"{kind}_right")), None)
        if kind is None:
            continue
        lead = float(np.interp(phase["time"], range(4), LEADS[kind]) * rng.uniform(*SPREAD))
        lead *= phase["enhancement"] * recipe.data.perfusion.strength
        depth = recipe.data.perfusion.cortex_mm
        cortex, seed = float(rng.uniform(depth[0], depth[1])), int(rng.integers(2**53))
        width, stripes = float(rng.uniform(*BAND_MM)), int(rng.integers(*BANDS, endpoint=True))
        bands = {"seed": seed, "control_point_spacing_mm": width, "stripes": stripes}
        organs[name] = {"cortex_mm": cortex} if kind == "kidney" else bands
        whole = scene.classes[name]
        classes[name] = {**whole, "hu": whole["hu"] + (1.0 - EARLY) * lead}
        classes[name + LATE[kind]] = {**whole, "hu": whole["hu"] - EARLY * lead}
    scene.classes |= classes
    return {"organs": organs, "classes": classes}


def apply(scene: Scene, params: Mapping[str, Any] | None) -> None:
    """Part the late half of each organ from its early one."""
    if params is None:
        return
    scene.classes |= params["classes"]
    pasted = {name: drawn for name, drawn in params["organs"].items() if name in scene.pasted}
    if not pasted:
        return
    painted, kernels = scene.painted, scene.kernels
    boxes = kernels.bounding_boxes(painted.numbers, len(painted.names))
    for name, drawn in pasted.items():
        number = painted.names.index(name)
        late = name + LATE["kidney" if "cortex_mm" in drawn else "spleen"]
        box, own = boxes[number], painted.add(late)[late]
        if box[3]:
            sides = zip(box[:3], box[3:], painted.numbers.shape, strict=True)
            view = painted.numbers[tuple(slice(max(a - 1, 0), min(b + 1, n)) for a, b, n in sides)]
            part = _medulla if "cortex_mm" in drawn else _pulp
            view[part(scene, view == number, drawn)] = own


def _medulla(scene: Scene, organ: Any, drawn: Mapping[str, Any]) -> Any:
    """Return what lies deeper than the cortex in the axial sections of a kidney."""
    return organ & (scene.kernels.distance(~organ, scene.spacing, drawn["cortex_mm"]) > drawn["cortex_mm"])


def _pulp(scene: Scene, organ: Any, drawn: Mapping[str, Any]) -> Any:
    """Return every other stripe of a smooth field."""
    parts = scene.kernels.zeros(organ)
    parts[organ] = 1
    row, field = np.array([0, 1], np.uint16), (drawn["control_point_spacing_mm"], [drawn["seed"]])
    levels, _ = scene.kernels.blob_levels(parts, row, scene.spacing, *field)
    stripe = np.arange(HU_LEVELS) * 2 * drawn["stripes"] // HU_LEVELS % 2
    scene.kernels.renumber(parts, row, levels, np.stack([np.zeros(HU_LEVELS), 1 + stripe]).astype(np.uint16))
    return parts == 2
