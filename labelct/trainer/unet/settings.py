"""What can be set about the trainer `unet`: the network, its training, its patches and its prediction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from labelct.errors import SettingError, check_range
from labelct.settings import GIVEN, choice, ranged
from labelct.trainer.settings import AugmentationSettings as SharedAugmentation
from labelct.trainer.settings import LoopSettings, Step, check_length, check_levels
from labelct.trainer.settings import PredictionSettings as SharedPrediction
from labelct.trainer.unet.cascade.settings import CascadeSettings

LARGEST_PATCH = 1024  # voxels along an axis: twice what a CT has across


@dataclass
class AugmentationSettings(SharedAugmentation, section="augmentation"):
    """Changes that a patch undergoes at random; every width 0 leaves the patch as it is.

    Attributes:
        spatial: Chance of a rotation and zoom.
        rotation: Half-width of the rotation about each axis, degrees.
        zoom: Half-width of the natural logarithm of the zoom.
        truncate_z_probability: Chance that the scan ends within the patch, below, above or both.
        z_padding_mm: Length over which the end slices are repeated beyond such an end, mm;
            `prediction.z_padding_mm` does the same to a whole scan.
    """

    spatial: float = ranged(0.0, 0, 1)
    rotation: float = ranged(15.0, 0, 180)
    zoom: float = ranged(0.2, 0, 1)
    truncate_z_probability: float = ranged(0.0, 0, 1)
    z_padding_mm: float = ranged(0.0, 0, 500)
    read_with: ClassVar = {
        **SharedAugmentation.read_with,
        **dict.fromkeys(("rotation", "zoom"), ("spatial", GIVEN)),
        "z_padding_mm": ("truncate_z_probability", GIVEN),
    }


@dataclass
class PredictionSettings(SharedPrediction, section="prediction"):
    """How a volume is segmented.

    Attributes:
        z_padding_mm: Length over which the end slices are repeated beyond the scan, mm, so that an organ cut by its end
            does not border on padding.
    """

    z_padding_mm: float = ranged(0.0, 0, 500)


@dataclass
class UNetSettings(LoopSettings):
    """The trainer of labelct's own: a 3-D U-Net on patches, Dice + cross-entropy.

    Attributes:
        kind: `unet`.
        network: `dynunet` (nnU-Net's plain convolutions) or `residual` (residual blocks).
        channels: Feature maps of each level; each level after the first halves the grid.
        deep_supervision: Lower decoder levels that the loss also looks at.
        patch: Patch `(x, y, z)` in voxels; a multiple of 2^(levels - 1).
        cascade: A second network for small structures.
    """

    kind: str = choice("unet", ("unet",))
    network: str = choice("dynunet", ("dynunet", "residual"))
    channels: list[int] = field(default_factory=lambda: [8, 16, 32, 64, 128])
    deep_supervision: int = 0
    patch: list[int] = field(default_factory=lambda: [64, 64, 64])
    augmentation: AugmentationSettings = field(default_factory=AugmentationSettings)
    prediction: PredictionSettings = field(default_factory=PredictionSettings)
    cascade: CascadeSettings = field(default_factory=CascadeSettings)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_length("patch", self.patch, 3, 3)
        for size in self.patch:
            check_range("patch", size, 1, LARGEST_PATCH)
        check_levels(self.channels, "patch", self.patch)
        check_range("deep_supervision", self.deep_supervision, 0, len(self.channels) - 2)
        if self.deep_supervision and self.network != "dynunet":
            raise SettingError("deep_supervision", self.deep_supervision, "0", "only network=dynunet has such heads")
        if self.spacing is not None:
            self.cascade.check_grid(self.spacing)

    @property
    def step(self) -> Step:
        """What the network sees in a training step."""
        return Step(self.batch, tuple(self.patch), self.channels[0], "patch")

    def plain(self) -> dict[str, Any]:
        """Return the settings as plain values; a cascade that is off leaves no trace in keys and models."""
        found = super().plain()
        return found if self.cascade.targets else {name: value for name, value in found.items() if name != "cascade"}

    def check_targets(self, targets: Sequence[str]) -> None:
        """Raise `SettingError` where the cascade names something that is none of the job's targets."""
        self.cascade.check_targets(targets)
