"""What lies around the labels and is none: lungs, spine, ribs, couch, arms and blobs, one module each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from labelct.priors.table import AIR
from labelct.settings import GIVEN, Checked, interval, ranged
from labelct.synthesis import texture
from labelct.synthesis.distractors import arms, blobs, couch, lungs, ribs, spine
from labelct.synthesis.distractors.space import Space, cavity_of
from labelct.synthesis.scene import Layer, Spec

if TYPE_CHECKING:
    from labelct.synthesis.scene import Scene

PARTS = {"lungs": lungs, "spine": spine, "ribs": ribs, "couch": couch, "arms": arms}
# In the body the later covers the earlier, and blobs all of it; couch and arms take the air that is left.
ORDER = ("lungs", "ribs", "spine", "blobs", "couch", "arms")


@dataclass
class Settings(Checked, section="distractors"):
    """Bodies placed where no label says what a voxel is; all zeros place none.

    Maps of a few organs know nothing of what lies beside them: 0 means unknown. These bodies keep a network from
    learning that everything unknown is fat or soft tissue. They never cover a label and are no label themselves, and
    lungs, spine and ribs stay away where the map has them.

    Attributes:
        lungs_probability: Chance of lungs above the labels, with heart and mediastinum between them.
        spine_probability: Chance of a vertebral column and its muscles at the back.
        ribs_probability: Chance of ribs in the wall.
        couch_probability: Chance of a couch below the body.
        arms_probability: Chance of arms beside the body.
        blobs: Interval of the number of bodies of any density, anywhere in the box of body envelope or cylinder.
        adjacent_fraction: Share of the blobs that lie against a label, about as dense as it is.
        radius_mm: Interval of the blobs' mean radius.
    """

    lungs_probability: float = ranged(0.0, 0.0, 1.0)
    spine_probability: float = ranged(0.0, 0.0, 1.0)
    ribs_probability: float = ranged(0.0, 0.0, 1.0)
    couch_probability: float = ranged(0.0, 0.0, 1.0)
    arms_probability: float = ranged(0.0, 0.0, 1.0)
    blobs: list[int] = interval(0, 0, 0, 100)
    adjacent_fraction: float = ranged(0.0, 0.0, 1.0)
    radius_mm: list[float] = interval(8.0, 50.0, 1.0, 150.0)
    read_with: ClassVar = dict.fromkeys(("adjacent_fraction", "radius_mm"), ("blobs", GIVEN))


def sample(scene: Scene, rng: np.random.Generator) -> dict[str, Any] | None:
    """Draw what lies around the labels of one volume, every body from a stream of its own.

    Returns:
        The geometry by body, the middle of the space, its rind, and `classes`, HU and clip of each; None where the
        settings place nothing.
    """
    settings, clip_rng = scene.recipe.data.distractors, rng.spawn(1)[0]
    if not settings.blobs[1] and not any(getattr(settings, f"{name}_probability") for name in PARTS):
        return None
    body = scene.drawn["background"]
    drawn: dict[str, Any] = {"centre_mm": list(body["centre_mm"])}
    classes: dict[str, Spec] = {}
    streams = dict(zip((*PARTS, "blobs", "rind"), rng.spawn(len(PARTS) + 2), strict=True))
    for name, part in PARTS.items():
        known = part.KNOWN is not None and any(label.startswith(part.KNOWN) for label in scene.present.values())
        if streams[name].random() < getattr(settings, f"{name}_probability") and not known:
            drawn[name], more = part.sample(streams[name])
            classes |= more
    drawn["rind_mm"] = float(streams["rind"].uniform(20.0, 40.0))
    labelled = scene.label_map > 0
    border = scene.kernels.border(labelled) if settings.adjacent_fraction else blobs.NOWHERE
    places = blobs.BlobSites(blobs.envelope_box(labelled.shape, scene.spacing, body), border)
    levels = [scene.classes[name]["hu"] for name in scene.present.values() if name in scene.pasted]
    drawn["blobs"], more = blobs.sample(places, levels, settings, streams["blobs"])
    return {**drawn, "classes": _textured(scene, classes | more, clip_rng)}


def _textured(scene: Scene, classes: dict[str, Spec], rng: np.random.Generator) -> dict[str, Spec]:
    """Return the classes with clips, wherever the recipe has any texture."""
    recipe = scene.recipe
    if not recipe.textures("distractors"):
        return classes
    cut = {}
    for (name, spec), stream in zip(classes.items(), rng.spawn(len(classes)), strict=True):
        clip = texture.sample_clip(recipe.clips, recipe.texture, stream)
        cut[name] = spec if name == AIR else texture.textured(spec, clip, recipe.texture.strength)
    return cut


def apply(scene: Scene, params: Mapping[str, Any] | None) -> None:
    """Place the bodies into the background; labels are pasted over it."""
    if params is None:
        return
    scene.classes |= params["classes"]
    background, spacing = scene.background, scene.spacing
    body = background.numbers > 0
    number = background.add(*params["classes"])
    if not body.any():
        return
    cavity = cavity_of(body, spacing, params["rind_mm"]) if scene.cavity is None else scene.cavity
    placed = scene.kernels.copy(background.numbers)
    space = Space(placed, body, cavity, scene.label_map > 0, spacing, params["centre_mm"])
    for name in ORDER:
        if name in params:
            (blobs if name == "blobs" else PARTS[name]).place(space, params[name], number)
    scene.background = Layer(placed, background.names)
