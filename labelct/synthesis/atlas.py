"""Whole anatomies: volumes that an atlas itself is the case of, or whose few labels an atlas completes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from labelct.errors import InputError, SettingError
from labelct.settings import GIVEN, Checked, expanded, ranged
from labelct.synthesis.kernels import kernels_of

if TYPE_CHECKING:
    from labelct.synthesis.scene import Scene


@dataclass
class PartialSettings(Checked, section="atlas.partial"):
    """Label maps that name some of the targets alone; what they do not name is unknown, and an atlas's stands for it.

    Attributes:
        root: Their folder.
        labels: As of `cohort=folder`.
        names: As of `cohort=folder`.
        merge: As of a cohort.
    """

    root: str = ""
    labels: str = "*.nii.gz"
    names: Any = "totalsegmentator_v2"
    merge: dict[str, str] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.root:
            raise SettingError("atlas.partial", "no root", "a folder of label maps", "give {NAME: {root: FOLDER}}")
        self.root = expanded(self.root, "atlas.partial.root")


@dataclass
class Settings(Checked, section="atlas"):
    """Whole anatomies beside label maps of a few organs; without chances there are none.

    Attributes:
        roots: Folders of atlases: label maps (`*.nii.gz`, TotalSegmentator v2 values or those of `NAME.names.json`
            beside it), or TotalSegmentator's folders of masks. None given: four procedural trunks of `cohort=phantom`.
        cases: The atlases to use by name; none given: all that are there.
        partial: Label maps that name some of the targets alone: `{NAME: {root, labels, names, merge}}`, as of
            `cohort=folder`. Each is completed by an atlas, targets that it does not name included, and is one more
            whole anatomy then.
        whole: Share of the training volumes that an atlas itself is the case of, its targets included; none of the
            validation and held-out volumes.
        completed: Share of the volumes whose case an atlas completes; the others have a body of `background.source`.
        per_case: How many atlases each case is completed by; its name draws them among those that fit.
        grid_mm: Voxel size of the registration.
        min_dice: Least mean Dice of the organs that atlas and case have in common, after registration.
        geometric: Whether a case that no atlas fits so well has its geometric body; else it ends the job.
    """

    roots: list[str] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)
    partial: dict[str, PartialSettings] = field(default_factory=dict)
    whole: float = ranged(0.0, 0.0, 1.0)
    completed: float = ranged(0.0, 0.0, 1.0)
    per_case: int = ranged(2, 1)
    grid_mm: float = ranged(7.0, 2.0, 20.0)
    min_dice: float = ranged(0.5, 0.0, 1.0)
    geometric: bool = False
    read_with: ClassVar = {
        **dict.fromkeys(("roots", "cases"), (("whole", "completed"), GIVEN)),
        "partial": ("whole", GIVEN),
        **dict.fromkeys(("per_case", "grid_mm", "min_dice", "geometric"), ("completed", GIVEN)),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        if not all(self.roots):
            raise SettingError("atlas.roots", self.roots, "paths in [ ]")
        self.partial = {
            name: value if isinstance(value, PartialSettings) else PartialSettings(**value)
            for name, value in self.partial.items()
        }
        self.roots = [expanded(root, "atlas.roots") for root in self.roots]
        if self.whole + self.completed > 1.0:
            raise SettingError("atlas.completed", self.completed, f"at most 1 - atlas.whole={self.whole}")

    @property
    def used(self) -> bool:
        """Whether any volume is made with an atlas."""
        return self.whole > 0 or self.completed > 0


def sample(scene: Scene, rng: np.random.Generator) -> dict[str, str] | None:
    """Draw whether a volume is made with an atlas, and with which.

    A case that has no whole anatomies beside it, as those of validation, is completed in their place.

    Returns:
        `kind` (`whole` or `completed`) and `atlas`, its name; None where the case is as it is.
    """
    settings, drawn, place = scene.recipe.data.atlas, rng.random(), rng.random()
    kind = "whole" if drawn < settings.whole and scene.case.whole else "completed"
    if drawn >= settings.whole + settings.completed or (not settings.completed > 0 and kind == "completed"):
        return None
    known = sorted(getattr(scene.case, kind))
    return {"kind": kind, "atlas": known[int(place * len(known))]} if known else None


def apply(scene: Scene, params: Mapping[str, Any] | None) -> None:
    """Put the label map that was drawn in the place of the case's own.

    Raises:
        InputError: There is no such atlas.
    """
    if params is None:
        return
    other = getattr(scene.case, params["kind"]).get(params["atlas"])
    if other is None:
        problem = f"there is no {params['kind']} anatomy {params['atlas']!r}"
        raise InputError("data.atlas", problem, "give the atlases that the volume was drawn with")
    label_map, names = kernels_of(other.label_map).compact(other.label_map, other.names)
    label_map = scene.kernels.like(label_map, scene.label_map)
    scene.case = replace(other, label_map=label_map)
    scene.set_label_map(label_map, names)
