"""What can be set about the trainer `unet`: the network, its training, its patches and its prediction."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from labelct.errors import SettingError, check_range
from labelct.settings import Checked, choice, ranged
from labelct.trainer.settings import NormalisationSettings, check_xyz

SPACING_MM = (0.1, 20.0)  # of the network's grid
LARGEST_PATCH = 1024  # voxels along an axis: twice what a CT has across
MOST_CHANNELS = 2048  # feature maps of a level: four times what any published U-Net of CT has


@dataclass
class AugmentationSettings(Checked, section="augmentation"):
    """Changes that a patch undergoes at random; every width 0 leaves the patch as it is.

    Attributes:
        flip: Axes to mirror, each with a chance of one half; `x` is left out where a target has a side (`kidney_left`).
        sides: Whether a target has a side: `auto` (by its name and those of its parts), `apart` (x is never mirrored)
            or `alike` (x may be mirrored).
        scale: Half-width of the factor on the normalised intensities.
        shift: Half-width of the offset on the normalised intensities, in standard deviations.
        gamma: Half-width of the natural logarithm of the exponent on the window.
        noise: Largest standard deviation of added Gaussian noise, in standard deviations.
        spatial: Chance of a rotation and zoom.
        rotation: Half-width of the rotation about each axis, degrees.
        zoom: Half-width of the natural logarithm of the zoom.
        truncate_z_probability: Chance that the scan ends within the patch, below, above or both.
        z_padding_mm: Length over which the end slices are repeated beyond such an end, mm;
            `prediction.z_padding_mm` does the same to a whole scan.
    """

    flip: str = ""
    scale: float = ranged(0.1, 0, 0.9)
    shift: float = ranged(0.1, 0, 2)
    gamma: float = ranged(0.1, 0, 2)
    noise: float = ranged(0.0, 0, 2)
    spatial: float = ranged(0.0, 0, 1)
    rotation: float = ranged(15.0, 0, 180)
    zoom: float = ranged(0.2, 0, 1)
    truncate_z_probability: float = ranged(0.0, 0, 1)
    z_padding_mm: float = ranged(0.0, 0, 500)
    sides: str = choice("auto", ("auto", "apart", "alike"))

    def __post_init__(self) -> None:
        super().__post_init__()
        if set(self.flip) - set("xyz"):
            raise SettingError("augmentation.flip", self.flip, "letters of 'xyz', or '' for none")


@dataclass
class PredictionSettings(Checked, section="prediction"):
    """How a volume is segmented.

    Attributes:
        overlap: Share of a patch that neighbouring windows have in common.
        batch: Windows that go through the network together.
        mirror: Average over the flips of `augmentation.flip` (2^axes times slower).
        body_crop: Leave out the air around the body (largest component above -500 HU).
        margin_mm: What is kept around the body, mm.
        z_padding_mm: Length over which the end slices are repeated beyond the scan, mm, so that an organ cut by its end
            does not border on padding.
        random_walker: Gradient in HU/mm that holds the border of a structure: where the network is uncertain, a random
            walk moves it to the edges of the CT, at half the network's voxel size; 0 leaves the network's border.
        certain: Probability above which the random walk leaves a voxel as it is.
        memory_gb: Memory for the class scores; larger volumes are segmented chunk by chunk.
        checkpoint: `best` (by validation Dice) or `last`.
    """

    overlap: float = ranged(0.5, 0, 0.9)
    batch: int = ranged(4, 1)
    mirror: bool = False
    body_crop: bool = True
    margin_mm: float = ranged(20.0, 0)
    z_padding_mm: float = ranged(0.0, 0, 500)
    random_walker: float = ranged(0.0, 0, 1000)
    certain: float = ranged(0.95, 0.5, 1)
    memory_gb: float = ranged(4.0, 0.01)
    checkpoint: str = choice("best", ("best", "last"))


@dataclass
class UNetSettings(Checked):
    """The trainer of labelct's own: a 3-D U-Net on patches, Dice + cross-entropy.

    Attributes:
        kind: `unet`.
        network: `dynunet` (nnU-Net's plain convolutions) or `residual` (residual blocks).
        channels: Feature maps of each level; each level after the first halves the grid.
        deep_supervision: Lower decoder levels that the loss also looks at.
        patch: Patch `(x, y, z)` in voxels; a multiple of 2^(levels - 1).
        batch: Patches a step (on each device).
        spacing: Grid `(x, y, z)` the network works on, mm; null takes the median of the training set.
        foreground: Chance that a patch is centred on a target voxel rather than anywhere.
        steps: Optimiser steps.
        minutes: How long the training takes, validation with it; null: as long as `steps` do. The learning rate follows
            steps or minutes, whichever is further, and the first that is over ends the training.
        validate_every: Steps between validations.
        validation_cases: Validation cases scored each time, those with most targets first; 0 takes all.
        optimiser: `sgd` (Nesterov momentum 0.99) or `adamw`.
        learning_rate: At the peak.
        weight_decay: Of the optimiser.
        schedule: `poly` (power 0.9), `cosine` or `constant`.
        warmup: Steps over which the learning rate rises linearly.
        clip_gradient: Largest norm of the gradient.
        normalisation: Which intensities the network sees.
        augmentation: Random changes of the patches.
        prediction: How a volume is segmented.
    """

    kind: str = choice("unet", ("unet",))
    network: str = choice("dynunet", ("dynunet", "residual"))
    channels: list[int] = field(default_factory=lambda: [8, 16, 32, 64, 128])
    deep_supervision: int = 0
    patch: list[int] = field(default_factory=lambda: [64, 64, 64])
    batch: int = ranged(2, 1)
    spacing: list[float] | None = None
    foreground: float = ranged(0.5, 0, 1)
    steps: int = ranged(250, 1)
    minutes: float | None = ranged(None, 0.01)
    validate_every: int = ranged(50, 1)
    validation_cases: int = ranged(2, 0)
    optimiser: str = choice("adamw", ("sgd", "adamw"))
    learning_rate: float = ranged(5e-3, 1e-8, 10)
    weight_decay: float = ranged(1e-4, 0)
    schedule: str = choice("cosine", ("poly", "cosine", "constant"))
    warmup: int = ranged(10, 0)
    clip_gradient: float = ranged(12.0, 0)
    normalisation: NormalisationSettings = field(default_factory=NormalisationSettings)
    augmentation: AugmentationSettings = field(default_factory=AugmentationSettings)
    prediction: PredictionSettings = field(default_factory=PredictionSettings)

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_length("channels", self.channels, 3, 8)
        for size in self.channels:
            check_range("channels", size, 1)
        _check_length("patch", self.patch, 3, 3)
        for name, values, most in (("channels", self.channels, MOST_CHANNELS), ("patch", self.patch, LARGEST_PATCH)):
            for value in values:
                check_range(name, value, 1, most)
        check_range("deep_supervision", self.deep_supervision, 0, len(self.channels) - 2)
        if self.deep_supervision and self.network != "dynunet":
            raise SettingError("deep_supervision", self.deep_supervision, "0", "only network=dynunet has such heads")
        factor = 2 ** (len(self.channels) - 1)
        if any(size < 2 * factor or size % factor for size in self.patch):
            raise SettingError(
                "patch",
                list(self.patch),
                f"multiples of {factor}, at least {2 * factor}",
                f"{len(self.channels)} levels in channels halve the grid {len(self.channels) - 1} times",
            )
        check_xyz("spacing", self.spacing, *SPACING_MM)


def _check_length(name: str, values: Sequence[float], least: int, most: int) -> None:
    if not least <= len(values) <= most:
        allowed = f"{least} values" if least == most else f"{least} to {most} values"
        raise SettingError(name, list(values), allowed)
