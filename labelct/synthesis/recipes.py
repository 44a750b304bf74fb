"""The recipes: what each is made of, and what it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from labelct.synthesis import (
    atlas,
    background,
    blur,
    contents,
    cylinder,
    deformation,
    distractors,
    drop,
    gas,
    intensity,
    lesions,
    original,
    perfusion,
    subclasses,
    texture,
    vessels,
)

if TYPE_CHECKING:
    from labelct.synthesis.scene import Scene


class Ingredient(Protocol):
    """The face of an ingredient's module."""

    def sample(self, scene: Scene, rng: np.random.Generator) -> Any:
        """Draw everything that is random about it from `rng`: plain values, ready for JSON.

        What is allowed stands in the settings of `scene.recipe`.
        """

    def apply(self, scene: Scene, params: Any) -> None:
        """Do to the scene what `params` say; nothing is drawn."""


# In the order in which they are drawn and act. A later one may look at what an earlier one drew.
INGREDIENTS: dict[str, Ingredient] = {
    "atlas": atlas,
    "deformation": deformation,
    "lesions": lesions,
    "drop": drop,
    "background": background,
    "gas": gas,
    "intensity": intensity,
    "contents": contents,
    "perfusion": perfusion,
    "subclasses": subclasses,
    "vessels": vessels,
    "distractors": distractors,
    "texture": texture,
    "blur": blur,
}


@dataclass(frozen=True)
class Kind:
    """What one recipe is.

    Attributes:
        ingredients: What it is made of, by name.
        textured: Which of `labels`, `background` and `distractors` are textured where the texture says how.
        targets_only: Whether only the structures of the targets are painted.
        white: Whether textures are white noise, whatever `texture` says, and reach the background too.
        fill: The distribution that replaces `fill.kind`; None keeps it.
        image: The image that every case needs, `ct` or `mr`, and whose values the volumes have; None: none.
        is_scan: Whether its volumes are scans already.
        draws: Whether a case can give more than one volume.
        translated: Whether the image of a case is its MR, made CT by a translation.
        unread: Sections of `data` that it does not read.
    """

    ingredients: Mapping[str, Ingredient] = field(default_factory=lambda: INGREDIENTS)
    textured: frozenset[str] = frozenset()
    targets_only: bool = False
    white: bool = False
    fill: str | None = None
    image: str | None = None
    is_scan: bool = False
    draws: bool = True
    translated: bool = False
    unread: frozenset[str] = frozenset({"cylinder", "mr"})

    def reads_priors(self, fill: intensity.Settings) -> bool:
        """Return whether what it paints has HU by the priors."""
        return self.draws and self.fill is None and fill.uses_priors

    @property
    def source(self) -> str | None:
        """What the images of the cohort have to be, `ct` or `mr`; None: anything."""
        return "mr" if self.translated else self.image


EVERYTHING = frozenset({"labels", "background", "distractors"})
RECIPES = {
    "clinical": Kind({"original": original}, image="ct", is_scan=True, draws=False),
    "mr": Kind({"original": original}, image="mr", is_scan=True, draws=False, unread=frozenset({"cylinder"})),
    "cyclegan": Kind({"original": original}, image="ct", is_scan=True, draws=False, translated=True),
    "synth1": Kind(
        {**INGREDIENTS, "background": cylinder},
        textured=EVERYTHING - {"labels"},
        targets_only=True,
        unread=frozenset({"mr"}),
    ),
    "synth2": Kind(),
    "synth3": Kind(textured=EVERYTHING),
    "synthseg": Kind(textured=EVERYTHING, white=True, fill="mixture"),
}
