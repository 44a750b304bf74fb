"""Settings of the translation from MR to CT: images, networks, losses, training; light, for the schema needs them."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from labelct.errors import SettingError
from labelct.settings import MOST_SEED, Checked, choice, interval, ranged

KINDS = ("none", "cyclegan")
LOWEST_HU, HIGHEST_HU = -1024.0, 3071.0  # all that 12 bits hold with the usual intercept
STRIDE = 4  # a generator halves its image twice
FEWEST_PIXELS = 32  # of a discriminator's image, below which nothing of it is left to judge


@dataclass
class SsimSettings(Checked, section="ssim"):
    """The structural similarity of the cycle loss.

    Attributes:
        window: Width of the Gaussian window, pixels, odd.
        sigma: Its standard deviation, pixels.
        k1: C1 of eq. 3 is `(2 k1)^2`, for images within [-1, 1] span 2.
        k2: C2 of eq. 3 is `(2 k2)^2`.
    """

    window: int = ranged(11, 3, 63)
    sigma: float = ranged(1.5, 0.1, 20.0)
    k1: float = ranged(0.01, 1e-6, 1.0)
    k2: float = ranged(0.03, 1e-6, 1.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.window % 2 == 0:
            raise SettingError("ssim.window", self.window, "an odd number of pixels")


@dataclass
class PredictionSettings(Checked, section="prediction"):
    """How slices are translated; the training does not depend on it.

    Attributes:
        overlap: Share of its width that neighbouring windows have in common where a slice is larger than one.
        batch: Windows at once.
    """

    overlap: float = ranged(0.5, 0.0, 0.9)
    batch: int = ranged(8, 1)


@dataclass
class TranslationSettings(Checked):
    """What learns to turn MR into CT, for `data=cyclegan`.

    Attributes:
        kind: `none`, or `cyclegan`.
        mr: The MR that is learnt from, a cohort: `cohort@translation.mr=NAME`; `_own` is the job's own.
        ct: The CT that is learnt from, unpaired, a cohort: `cohort@translation.ct=NAME`.
        seed: Seed of weights, slices, crops and pools.
        load: Pixels that the longer side of a slice is resized to; the other keeps the pixels square, with air beside.
        size: Pixels of the networks' square images, a multiple of 4; random crops of this size are cut from `load`.
        spacing: Pixel size in mm that slices are resampled to in place of `load`; null: `load` says.
        slices: At most this many axial slices of a volume, evenly spaced; null: all.
        hu: HU that CT are clipped to and scaled from, to [-1, 1]; all that CT hold is [-1024, 3071].
        ct_crop: Share of the CT's width and height that is kept, around the centre: without air and table.
        percentiles: Of a volume's MR intensities: the two become -1 and 1, and what lies beyond is clipped.
        n4: Whether the bias field of MR is corrected first (N4, SimpleITK; seconds to a minute a volume).
        crop: `fixed` (`size` of `load` pixels) or `ratio` (a share of a slice, drawn from `ratio`, resized to `size`).
        ratio: Least and largest share of the shorter side that a crop takes.
        rotation: Largest angle of a random rotation, degrees.
        flip: Axes that are flipped with a chance of one half each: `none`, `x`, `y` or `xy`.
        filters: Channels of a generator's first layer.
        blocks: Residual blocks of a generator.
        judge_filters: Channels of a discriminator's first layer.
        judge_layers: Layers between a discriminator's first and last; 3 make it see patches of 70 x 70 pixels.
        cycle: Loss between an image and itself translated to and fro: `mse`, `l1` or `ssim`.
        cycle_weight: Its weight; the adversarial loss has weight 1.
        identity_weight: Weight of the L1 loss between an image and itself through the generator that makes its like.
        ssim: The window and constants of `cycle=ssim`.
        pool: Translated images that a discriminator's are drawn from; 0: always the newest.
        learning_rate: Of Adam, until the decay begins.
        beta1: Of Adam.
        batch: Slices of each cohort a step; on each device.
        epochs: Epochs.
        decay: The last epochs, over which the learning rate falls to 0 linearly.
        iterations: Steps of an epoch; null: as many as it takes to see as many slices as the larger cohort has.
        minutes: Ends the training after this time; null: after all epochs. The decay keeps its share.
        save_every: Epochs from one checkpoint and picture to the next.
        prediction: How slices are translated.
    """

    kind: str = choice("none", KINDS)
    mr: Any = None
    ct: Any = None
    seed: int = ranged(0, 0, MOST_SEED)
    load: int = ranged(284, 32, 2048)
    size: int = ranged(256, FEWEST_PIXELS, 2048)
    spacing: float | None = ranged(None, 0.1, 20.0)
    slices: int | None = ranged(None, 2)
    hu: list[float] = interval(-500.0, 500.0, LOWEST_HU, HIGHEST_HU)
    ct_crop: float = ranged(0.5, 0.1, 1.0)
    percentiles: list[float] = interval(0.5, 99.5, 0.0, 100.0)
    n4: bool = False
    crop: str = choice("ratio", ("fixed", "ratio"))
    ratio: list[float] = interval(0.5, 1.0, 0.1, 1.0)
    rotation: float = ranged(0.0, 0.0, 180.0)
    flip: str = choice("none", ("none", "x", "y", "xy"))
    filters: int = ranged(64, 1, 512)
    blocks: int = ranged(9, 1, 32)
    judge_filters: int = ranged(64, 1, 512)
    judge_layers: int = ranged(3, 1, 6)
    cycle: str = choice("ssim", ("mse", "l1", "ssim"))
    cycle_weight: float = ranged(10.0, 0.0)
    identity_weight: float = ranged(0.0, 0.0)
    ssim: SsimSettings = field(default_factory=SsimSettings)
    pool: int = ranged(50, 0, 10000)
    learning_rate: float = ranged(2e-4, 1e-8, 1.0)
    beta1: float = ranged(0.5, 0.0, 0.999)
    batch: int = ranged(1, 1, 256)
    epochs: int = ranged(200, 1)
    decay: int = ranged(100, 0)
    iterations: int | None = ranged(None, 1)
    minutes: float | None = ranged(None, 0.001)
    save_every: int = ranged(1, 1)
    prediction: PredictionSettings = field(default_factory=PredictionSettings)
    read_with: ClassVar = {
        "*": ("kind", ("cyclegan",)),
        "load": ("spacing", (None,)),
        "ratio": ("crop", ("ratio",)),
        "ssim": ("cycle", ("ssim",)),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size % STRIDE:
            raise SettingError("size", self.size, f"a multiple of {STRIDE}")
        if self.spacing is None and self.crop == "fixed" and self.load < self.size:
            raise SettingError("load", self.load, f"size={self.size} or more", "or choose crop=ratio")
        if self.cycle == "ssim" and self.ssim.window > self.size:
            raise SettingError("ssim.window", self.ssim.window, f"size={self.size} or less")
        if self.decay > self.epochs:
            raise SettingError("decay", self.decay, f"epochs={self.epochs} or less")
        for name in ("hu", "percentiles"):
            low, high = getattr(self, name)
            if low == high:
                raise SettingError(name, [low, high], "two different numbers, the smaller first")
        least = FEWEST_PIXELS * 2 ** max(0, self.judge_layers - 3)
        if self.size < least:
            raise SettingError("size", self.size, f"{least} or more with judge_layers={self.judge_layers}")

    @property
    def window(self) -> tuple[float, float]:
        """The HU of -1 and of 1."""
        low, high = self.hu
        return low, high
