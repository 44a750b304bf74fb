"""What can be set whatever the trainer: the device, which intensities a network sees, how labelct's own loop trains."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, NamedTuple

from labelct.errors import SettingError, check_range
from labelct.parallel import MOST_THREADS
from labelct.settings import GIVEN, Checked, choice, ranged

WINDOWS = ("liver", "soft_tissue", "wide")
SPACING_MM = (0.1, 20.0)  # of the network's grid
MOST_CHANNELS = 2048  # feature maps of a level: four times what any published U-Net of CT has


@dataclass
class NormalisationSettings(Checked, section="normalisation"):
    """Which intensities the network sees: HU are clipped to `[low, high]`, then `(hu - mean) / sd`.

    Attributes:
        source: `builtin` (the published intensity properties of `window`), `training` (measured in the targets of the
            training set), `clinical` (the four numbers below, from the fingerprint of clinical CT) or `volume` (every
            volume's own 0.5 and 99.5 percentiles, mean and deviation, for images of unknown units, as MR).
        window: The built-in intensity properties: `liver`, `soft_tissue` or `wide`.
        low: Lower clip of `clinical`, HU.
        high: Upper clip of `clinical`, HU.
        mean: Mean of `clinical`, HU.
        sd: Standard deviation of `clinical`, HU.
    """

    source: str = choice("builtin", ("builtin", "training", "clinical", "volume"))
    window: str = choice("liver", WINDOWS)
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    sd: float | None = ranged(None, 1e-3)
    read_with: ClassVar = {
        "window": ("source", ("builtin",)),
        **dict.fromkeys(("low", "high", "mean", "sd"), ("source", ("clinical",))),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise SettingError("normalisation.low", self.low, f"less than normalisation.high={self.high}")


@dataclass
class DeviceSettings(Checked):
    """Where the training runs; never part of what is trained.

    Attributes:
        kind: `auto` (one GPU where there is one that can be used, else the CPU), `cpu`, `gpu` (one) or `ddp` (one
            process on each of `devices`, on one machine).
        devices: Devices of `ddp`; 0 takes every GPU.
        accelerator: What `ddp` runs on: `gpu` or `cpu`.
        precision: `auto` (bfloat16 where the GPU has it, else 16-bit with loss scaling; 32 on the CPU), `32`, `bf16`
            (only where the device has the instructions) or `16`.
        threads: Threads of torch on the CPU; 0 takes every core, but no more than `OMP_NUM_THREADS` says.
        workers: Processes that cut patches; 0 cuts them in the training process, null: 4 beside a GPU, else none.
        compile: Let torch compile the network: `auto` (on a GPU, where a training is long enough for the minute or two
            it takes), `true` or `false`.
        sampling: Where patches are cut and changed, and with `data.mode=online` volumes are drawn: by the `workers`, on
            the CPU, or on the `device`, beside the training step; `auto` takes a GPU where the training set fits into
            a third of its memory, and where drawn volumes are scanned on it.
    """

    kind: str = choice("cpu", ("auto", "cpu", "gpu", "ddp"))
    devices: int = ranged(1, 0)
    accelerator: str = choice("gpu", ("gpu", "cpu"))
    precision: str = choice("auto", ("auto", "32", "bf16", "16"))
    threads: int = ranged(0, 0, MOST_THREADS)
    workers: int | None = ranged(None, 0)
    compile: str = choice("auto", ("auto", "true", "false"))
    sampling: str = choice("auto", ("auto", "workers", "device"))
    read_with: ClassVar = dict.fromkeys(("devices", "accelerator"), ("kind", ("ddp",)))

    def __post_init__(self) -> None:
        self.compile = str(self.compile).lower()  # YAML and Hydra read true and false as truth values
        super().__post_init__()


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
    """

    flip: str = ""
    sides: str = choice("auto", ("auto", "apart", "alike"))
    scale: float = ranged(0.1, 0, 0.9)
    shift: float = ranged(0.1, 0, 2)
    gamma: float = ranged(0.1, 0, 2)
    noise: float = ranged(0.0, 0, 2)
    axes: ClassVar[str] = "xyz"
    read_with: ClassVar = {"sides": ("flip", GIVEN)}

    def __post_init__(self) -> None:
        super().__post_init__()
        if set(self.flip) - set(self.axes):
            raise SettingError("augmentation.flip", self.flip, f"letters of {self.axes!r}, or '' for none")


@dataclass
class PredictionSettings(Checked, section="prediction"):
    """How a volume is segmented.

    Attributes:
        overlap: Share of a patch that neighbouring windows have in common.
        batch: Windows that go through the network together.
        mirror: Average over the flips of `augmentation.flip` (2^axes times slower).
        body_crop: Leave out the air around the body (largest component above -500 HU); with
            `normalisation.source=volume`, where nothing is known of HU, the whole volume is kept.
        margin_mm: What is kept around the body, mm.
        field_mm: Width and height that are segmented, about the middle of a volume, mm; beside it nothing is found. For
            a network that has seen no larger field of view, as one of MR has not; null: all of the volume.
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
    field_mm: float | None = ranged(None, 10, 2000)
    random_walker: float = ranged(0.0, 0, 1000)
    certain: float = ranged(0.95, 0.5, 1)
    memory_gb: float = ranged(4.0, 0.01)
    checkpoint: str = choice("best", ("best", "last"))
    read_with: ClassVar = {"margin_mm": ("body_crop", (True,)), "certain": ("random_walker", GIVEN)}


class Step(NamedTuple):
    """How much a network sees in a training step, at least.

    Attributes:
        batch: Patches.
        patch: Voxels of each along its axes.
        features: Feature maps of the finest level.
        key: The setting that says how large a patch is.
    """

    batch: int
    patch: tuple[int, ...]
    features: int
    key: str


class TrainerSettings(Checked, ABC):
    """What the settings of every trainer hold and can be asked.

    Attributes:
        kind: The trainer's name in the table.
        prediction: A dataclass that says how a volume is segmented; the training does not depend on it.
    """

    kind: str
    prediction: Any
    draws_on_device: ClassVar[bool]  # whether volumes drawn during the training can be made on the network's device

    @property
    def mirrors(self) -> bool:
        """Whether the training mirrors along some axis, so that a prediction can be averaged over flips."""
        return False

    @property
    @abstractmethod
    def step(self) -> Step:
        """What the network sees in a training step."""

    def plain(self) -> dict[str, Any]:
        """Return them as plain values, without parts that are off."""
        return asdict(self)  # type: ignore[call-overload]

    def recipe(self) -> dict[str, Any]:
        """Return what the weights depend on, as plain values: all but how a volume is segmented."""
        return {name: value for name, value in self.plain().items() if name != "prediction"}

    def check_targets(self, targets: Sequence[str]) -> None:
        """Raise `SettingError` where a setting names something that is none of the job's targets."""


@dataclass
class LoopSettings(TrainerSettings):
    """What labelct's own training loop reads, whatever the network.

    Attributes:
        kind: The trainer.
        batch: Patches a step (on each device).
        spacing: Grid `(x, y, z)` the network works on, mm; null takes the median of the training set.
        foreground: Chance that a patch is centred on a target voxel rather than anywhere.
        steps: Optimiser steps.
        minutes: How long the training takes, validation with it; null: as long as `steps` do. The learning rate follows
            steps or minutes, whichever is further, and the first that is over ends the training.
        validate_every: Steps between validations.
        validation_cases: Validation cases scored each time, those with most targets first; 0 takes all.
        optimiser: `sgd` (Nesterov momentum 0.99), `adam` or `adamw`.
        learning_rate: At the peak.
        weight_decay: Of the optimiser.
        schedule: `poly` (power 0.9), `cosine` or `constant`.
        warmup: Steps over which the learning rate rises linearly.
        clip_gradient: Largest norm of the gradient.
        normalisation: Which intensities the network sees.
        augmentation: Random changes of the patches.
        prediction: How a volume is segmented.
    """

    kind: str = ""
    batch: int = ranged(2, 1)
    spacing: list[float] | None = None
    foreground: float = ranged(0.5, 0, 1)
    steps: int = ranged(250, 1)
    minutes: float | None = ranged(None, 0.01)
    validate_every: int = ranged(50, 1)
    validation_cases: int = ranged(2, 0)
    optimiser: str = choice("adamw", ("sgd", "adam", "adamw"))
    learning_rate: float = ranged(5e-3, 1e-8, 10)
    weight_decay: float = ranged(1e-4, 0)
    schedule: str = choice("cosine", ("poly", "cosine", "constant"))
    warmup: int = ranged(10, 0)
    clip_gradient: float = ranged(12.0, 0)
    normalisation: NormalisationSettings = field(default_factory=NormalisationSettings)
    augmentation: AugmentationSettings = field(default_factory=AugmentationSettings)
    prediction: PredictionSettings = field(default_factory=PredictionSettings)
    draws_on_device: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_grid(self.spacing)

    @property
    def mirrors(self) -> bool:
        """Whether the training mirrors along some axis, so that a prediction can be averaged over flips."""
        return bool(self.augmentation.flip)

    def check_grid(self, spacing: Sequence[float] | None) -> None:
        """Raise `SettingError` unless a network can work at a voxel size `(x, y, z)`, mm."""
        check_xyz("spacing", spacing, *SPACING_MM)


def check_length(name: str, values: Sequence[float], least: int, most: int) -> None:
    """Raise `SettingError` unless there are `least` to `most` values."""
    if not least <= len(values) <= most:
        allowed = f"{least} values" if least == most else f"{least} to {most} values"
        raise SettingError(name, list(values), allowed)


def check_levels(channels: Sequence[int], name: str, sizes: Sequence[int]) -> None:
    """Raise `SettingError` unless a network can have a level for each of `channels`, on half the grid of the last one.

    Args:
        channels: Feature maps of the levels.
        name: The setting that says what the network sees at once.
        sizes: Its value, along one axis or all.
    """
    check_length("channels", channels, 3, 8)
    for value in channels:
        check_range("channels", value, 1, MOST_CHANNELS)
    factor = 2 ** (len(channels) - 1)
    if any(size < 2 * factor or size % factor for size in sizes):
        levels = f"{len(channels)} levels in channels halve the grid {len(channels) - 1} times"
        shown = list(sizes) if len(sizes) > 1 else sizes[0]
        raise SettingError(name, shown, f"multiples of {factor}, at least {2 * factor}", levels)


def check_xyz(name: str, values: Sequence[float] | None, low: float, high: float) -> None:
    """Raise `SettingError` unless `values` are None, or three within `[low, high]`."""
    if values is not None and len(values) != 3:
        raise SettingError(name, list(values), "3 values, or null")
    for value in values or ():
        check_range(name, value, low, high)
