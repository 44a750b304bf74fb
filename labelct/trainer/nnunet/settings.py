"""What can be set about nnU-Net: everything that its command line leaves to a class per value."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from labelct.settings import Checked, choice, ranged
from labelct.trainer.settings import WINDOWS, Step, TrainerSettings, check_xyz

CONFIGURATIONS = ("2d", "3d_fullres", "3d_lowres")
FORMATS = ("labelct", "onnx", "nnunet")  # what a model can be exported as
FEATURES = 32  # feature maps of the finest level, in all presets
SMALLEST = (16, 16, 16)  # far below any patch that is planned
PLANNERS = ("default", "resenc_m", "resenc_l", "resenc_xl")


@dataclass
class NnunetPredictionSettings(Checked, section="prediction"):
    """How nnU-Net segments a volume.

    Attributes:
        step: Distance of neighbouring windows as a share of the patch.
        mirror: Average over the flips that the training allowed (2^axes times slower).
        checkpoint: `final`, or `best` by nnU-Net's moving average of the validation Dice.
    """

    step: float = ranged(0.5, 0.1, 1)
    mirror: bool = True
    checkpoint: str = choice("final", ("final", "best"))


@dataclass
class NnunetSettings(TrainerSettings):
    """The trainer `nnunet`: nnU-Net v2 itself, planned once for all arms of a comparison.

    Attributes:
        kind: `nnunet`.
        configuration: `2d`, `3d_fullres` or `3d_lowres`.
        planner: nnU-Net's preset: `default`, or the residual encoders `resenc_m`, `resenc_l`, `resenc_xl`.
        plans: Where spacing, shapes and normalisation come from: `clinical` (the fingerprint of the cohort's training
            CT; without any CT, as `builtin`) or `builtin` (the grids of the label maps and the published intensity
            properties of `window`).
        window: The built-in intensities of `plans=builtin`: `liver`, `soft_tissue` or `wide`.
        spacing: Grid `(x, y, z)` of the full resolution, mm; null lets nnU-Net choose.
        patch: Patch `(x, y, z)` in voxels, rounded up to what the network divides by; null lets nnU-Net choose.
        batch: Patches a step, over all devices; null lets nnU-Net choose.
        epochs: Epochs of `iterations` steps each.
        minutes: How long the training takes, validation with it; null: as long as `epochs` do. The rate follows epochs
            or minutes, whichever is further, and no epoch begins after the minutes.
        iterations: Steps of an epoch.
        iterations_val: Validation batches of an epoch.
        learning_rate: At the start; falls to 0 as (1 - progress)^0.9, where progress is epoch / epochs, or the share of
            the minutes.
        weight_decay: Of the optimiser.
        foreground: Share of the patches that are centred on a target.
        mirror: Axes that are mirrored: `auto` (all, but not x where a target has a side, as `kidney_left`), `all`,
            `not_x` (all others) or `none`.
        save_every: Epochs between checkpoints, which a killed training goes on from.
        compile: Let torch compile the network (on a GPU with triton and a C compiler); not with `device.compile=false`.
        prediction: How a volume is segmented.
    """

    kind: str = choice("nnunet", ("nnunet",))
    configuration: str = choice("3d_fullres", CONFIGURATIONS)
    planner: str = choice("default", PLANNERS)
    plans: str = choice("clinical", ("clinical", "builtin"))
    window: str = choice("liver", WINDOWS)
    spacing: list[float] | None = None
    patch: list[int] | None = None
    batch: int | None = ranged(None, 1)
    epochs: int = ranged(4000, 1)
    minutes: float | None = ranged(None, 0.01)
    iterations: int = ranged(250, 1)
    iterations_val: int = ranged(50, 1)
    learning_rate: float = ranged(1e-2, 1e-8, 10)
    weight_decay: float = ranged(3e-5, 0)
    foreground: float = ranged(0.33, 0, 1)
    mirror: str = choice("auto", ("auto", "all", "none", "not_x"))
    save_every: int = ranged(50, 1)
    compile: bool = True
    prediction: NnunetPredictionSettings = field(default_factory=NnunetPredictionSettings)
    draws_on_device: ClassVar[bool] = False  # nnU-Net's loaders are processes on the CPU
    read_with: ClassVar = {"window": ("plans", ("builtin",))}

    def __post_init__(self) -> None:
        super().__post_init__()
        check_xyz("patch", self.patch, 8, 1024)
        check_xyz("spacing", self.spacing, 0.1, 20)

    @property
    def step(self) -> Step:
        """What the network sees in a training step; nnU-Net plans larger patches, where none is given."""
        return Step(self.batch or 1, tuple(self.patch or SMALLEST), FEATURES, "patch")

    @property
    def mirrors(self) -> bool:
        """Whether the training mirrors along some axis, so that a prediction can be averaged over flips."""
        return self.mirror != "none"


Settings = NnunetSettings  # as the face of a trainer calls them


def planning(settings: NnunetSettings) -> dict[str, Any]:
    """Return the settings that the plans depend on; the training's own are none of them."""
    return {name: getattr(settings, name) for name in ("planner", "plans", "window", "spacing", "patch", "batch")}
