"""What can be set about the 2.5-D residual U-Net, its training and its prediction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from labelct.settings import choice, ranged
from labelct.trainer.settings import SPACING_MM, LoopSettings, Step, check_levels, check_xyz
from labelct.trainer.settings import AugmentationSettings as SharedAugmentation

LARGEST_SIZE = 1024  # pixels: twice what a CT has across
VALIDATIONS = 30  # of a training that names no other number: each tenth of the paper's 300 epochs


@dataclass
class AugmentationSettings(SharedAugmentation, section="augmentation"):
    """Changes that a slice and its neighbours undergo together at random.

    Attributes:
        flip: Axes to mirror, of x and y, each with a chance of one half; `x` is left out where a target has a side.
        rotation: Half-width of the rotation in the plane, degrees.
        crop: Smallest ratio of a random crop to `size`; the crop is brought back to `size` pixels (1: no crop).
    """

    flip: str = "xy"
    scale: float = ranged(0.0, 0, 0.9)
    shift: float = ranged(0.0, 0, 2)
    gamma: float = ranged(0.0, 0, 2)
    rotation: float = ranged(15.0, 0, 180)
    crop: float = ranged(0.5, 0.1, 1)
    axes: ClassVar[str] = "xy"


@dataclass
class ResUNetSettings(LoopSettings):
    """The trainer of the second paper: a residual U-Net that sees a slice and its neighbours and labels the slice.

    Attributes:
        kind: `resunet25d`.
        context: Neighbours on each side: 0 to 3 are 1, 3, 5 or 7 slices; beyond the ends the end slice is repeated.
        channels: Feature maps of each level; each level after the first halves the grid.
        size: What the network sees at once, in pixels along x and along y; a multiple of 2^(levels - 1).
        batch: Slices a step (on each device).
        target_share: Share of the pixels that the network takes for targets before it has learnt: the first bias of its
            scores; null: half of them, or as many as there are targets beside the background.
        spacing: Grid `(x, y, z)` the network works on, mm; with z=0 each volume keeps its own slices; null is
            z=0 and the training set's median in x and y.
        foreground: Chance that a slice is drawn about a target voxel, in place of the next one of the epoch.
        epochs: Passes over the slices of the training set, where `steps` is 0.
        steps: Optimiser steps; 0: as many as `epochs` take.
        validate_every: Steps between validations; 0: thirty validations in a training.
        validation_cases: Validation cases scored each time, those with most targets first; 0 takes all.
    """

    kind: str = choice("resunet25d", ("resunet25d",))
    context: int = ranged(1, 0, 3)
    channels: list[int] = field(default_factory=lambda: [32, 64, 128, 256, 512])
    size: int = ranged(256, 16, LARGEST_SIZE)
    batch: int = ranged(8, 1)
    target_share: float | None = ranged(0.01, 1e-6, 0.999)
    foreground: float = ranged(0.0, 0, 1)
    epochs: int = ranged(300, 1)
    steps: int = ranged(0, 0)
    validate_every: int = ranged(0, 0)
    validation_cases: int = ranged(0, 0)
    optimiser: str = choice("adam", ("sgd", "adam", "adamw"))
    learning_rate: float = ranged(1e-3, 1e-8, 10)
    weight_decay: float = ranged(0.0, 0)
    schedule: str = choice("constant", ("poly", "cosine", "constant"))
    warmup: int = ranged(0, 0)
    augmentation: AugmentationSettings = field(default_factory=AugmentationSettings)
    read_with: ClassVar = {"epochs": ("steps", (0,))}

    def __post_init__(self) -> None:
        super().__post_init__()
        check_levels(self.channels, "size", [self.size])

    @property
    def step(self) -> Step:
        """What the network sees in a training step."""
        return Step(self.batch, (self.size, self.size), self.channels[0], "size")

    def recipe(self) -> dict[str, Any]:
        """Return what the weights depend on, as plain values: all but how a volume is segmented."""
        wanted = super().recipe()
        return wanted if self.target_share is not None else {k: v for k, v in wanted.items() if k != "target_share"}

    def check_grid(self, spacing: Sequence[float] | None) -> None:
        """Raise `SettingError` unless a network can work at a voxel size `(x, y, z)`, mm; z may be 0."""
        kept = spacing is not None and len(spacing) == 3 and spacing[2] == 0
        check_xyz("spacing", [*spacing[:2], 1.0] if spacing and kept else spacing, *SPACING_MM)
