"""What can be set about a cascade: which structures are segmented anew, on which grid, within which boxes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from labelct.errors import SettingError, did_you_mean
from labelct.settings import GIVEN, Checked, ranged

if TYPE_CHECKING:
    from labelct.trainer.region import Region


@dataclass
class CascadeSettings(Checked, section="cascade"):
    """A second network, which segments small structures anew on a finer grid, in boxes where the first one found them.

    Attributes:
        targets: The structures that are segmented anew, each one of `targets`; none: there is no second network.
        spacing: Voxel size of the fine grid, mm; below `trainer.spacing`, and no finer than the training volumes are.
        margin_mm: What is kept around a structure that the first network found, mm; 20 is what TotalSegmentator keeps.
        threshold: Probability by which the first network has found a structure where something else is likelier, so
            that one which it half believes in has a box, too.
        steps: Optimiser steps of the second network.
        minutes: How long its training takes, as `trainer.minutes`; null: as long as its steps do.
    """

    targets: list[str] = field(default_factory=list)
    spacing: float = ranged(2.5, 0.1, 20)
    margin_mm: float = ranged(20.0, 0, 500)
    threshold: float = ranged(0.2, 0.001, 1)
    steps: int = ranged(2000, 1)
    minutes: float | None = ranged(None, 0.01)
    read_with: ClassVar = {"*": ("targets", GIVEN)}

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(set(self.targets)) < len(self.targets):
            raise SettingError("cascade.targets", list(self.targets), "each structure once")

    def check_targets(self, targets: Sequence[str]) -> None:
        """Raise `SettingError` where a structure is none of the `targets` of the job."""
        for name in self.targets:
            if name not in targets:
                remedy = did_you_mean(name, targets) or "name structures of targets="
                raise SettingError("cascade.targets", name, f"one of {', '.join(targets)}", remedy)

    def check_grid(self, coarse: Sequence[float]) -> None:
        """Raise `SettingError` unless the fine grid is finer than the one of the first network, `(x, y, z)` mm."""
        if self.targets and not all(self.spacing < size for size in coarse):
            allowed = f"less than spacing={list(coarse)}"
            raise SettingError(
                "cascade.spacing", self.spacing, allowed, "a second network on the same grid sees no more"
            )

    def check_volumes(self, finest: float) -> None:
        """Raise `SettingError` where training volumes are coarser than the fine grid, which would learn from blur.

        Args:
            finest: Voxel size of the volumes along their finest axis, mm.
        """
        if self.targets and finest > 1.01 * self.spacing:
            allowed = f"{finest:g} or more, the voxel size of the training volumes in mm"
            remedy = f"set data.spacing={self.spacing:g} for finer volumes, which takes longer and needs more disk"
            raise SettingError("trainer.cascade.spacing", self.spacing, allowed, remedy)

    def region(self, patch: Sequence[int]) -> "Region":
        """Return what the second network looks at of a volume.

        Args:
            patch: What it sees at once, `(x, y, z)` voxels.
        """
        from labelct.trainer.region import Region

        return Region(tuple(self.targets), self.margin_mm, tuple(self.spacing * size for size in patch))
