"""Whole anatomies: volumes that an atlas itself is the case of, or whose few labels an atlas completes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from labelct.errors import InputError, SettingError
from labelct.settings import Checked, expanded, ranged
from labelct.synthesis.kernels import kernels_of

if TYPE_CHECKING:
    from labelct.synthesis.scene import Scene

KINDS = ("whole", "completed")


@dataclass
class Settings(Checked, section="atlas"):
    """Whole anatomies beside label maps of a few organs; without chances there are none.

    Attributes:
        roots: Folders of atlases: label maps (`*.nii.gz`, TotalSegmentator v2 values or those of `NAME.names.json`
            beside it), or TotalSegmentator's folders of masks. None given: four procedural trunks of `cohort=phantom`.
        cases: The atlases to use by name; none given: all that are there.
        whole: Share of the training volumes that an atlas itself is the case of, its targets included; none of the
            validation and held-out volumes.
    """

    roots: list[str] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)
    whole: float = ranged(0.0, 0.0, 1.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not all(self.roots):
            raise SettingError("atlas.roots", self.roots, "paths in [ ]")
        self.roots = [expanded(root) for root in self.roots]

    @property
    def used(self) -> bool:
        """Whether any volume is made with an atlas."""
        return self.whole > 0


def sample(scene: Scene, rng: np.random.Generator) -> dict[str, str] | None:
    """Draw whether an atlas is the case of a volume, and which.

    Returns:
        `kind` and `atlas`, its name; None where the case is its own.
    """
    settings, drawn, place = scene.recipe.data.atlas, rng.random(), rng.random()
    kind = "whole" if drawn < settings.whole else None
    known = sorted(getattr(scene.case, kind)) if kind else []
    return {"kind": kind, "atlas": known[int(place * len(known))]} if kind and known else None


def apply(scene: Scene, params: Mapping[str, str] | None) -> None:
    """Put the label map that was drawn in the place of the case's own.

    Raises:
        InputError: There is no such atlas.
    """
    if params is None:
        return
    other = getattr(scene.case, params["kind"]).get(params["atlas"])
    if other is None:
        raise InputError(
            "data.atlas", f"there is no {params['kind']} anatomy {params['atlas']!r}", "set data.atlas.roots"
        )
    label_map, names = kernels_of(other.label_map).compact(other.label_map, other.names)
    label_map = scene.kernels.like(label_map, scene.label_map)
    scene.case = replace(other, label_map=label_map)
    scene.set_label_map(label_map, names)
