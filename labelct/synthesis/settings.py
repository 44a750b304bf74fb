"""Settings of a recipe: which one, on which grid, how many volumes; each ingredient's own stand with it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from labelct.errors import SettingError
from labelct.mr import Settings as MrSettings
from labelct.priors.table import PORTAL
from labelct.settings import Checked, choice, interval, path, ranged
from labelct.synthesis import background as completed
from labelct.synthesis.atlas import Settings as AtlasSettings
from labelct.synthesis.background import Settings as BackgroundSettings
from labelct.synthesis.blur import Settings as BlurSettings
from labelct.synthesis.contents import Settings as ContentsSettings
from labelct.synthesis.cylinder import Settings as CylinderSettings
from labelct.synthesis.deformation import Settings as DeformationSettings
from labelct.synthesis.distractors import Settings as DistractorSettings
from labelct.synthesis.gas import Settings as GasSettings
from labelct.synthesis.lesions import Settings as LesionSettings
from labelct.synthesis.perfusion import Settings as PerfusionSettings
from labelct.synthesis.recipes import RECIPES, Kind
from labelct.synthesis.subclasses import Settings as SubclassSettings
from labelct.synthesis.vessels import Settings as VesselSettings

CONTRAST_PHASES = ("portal", "native", "arterial", "delayed", "mixed", "any")
TIMES = {"arterial": 1.0, "delayed": 3.0, "any": 1.5}  # places among `priors.table.PHASES`; any other: 2, portal
MODES = ("offline", "online")
INTERPOLATIONS = ("nearest", "shape")
# What is drawn, which recipes made of images do without.
DRAWN = (
    "atlas",
    "deformation",
    "distractors",
    "lesions",
    "subclasses",
    "gas",
    "contents",
    "perfusion",
    "vessels",
    "blur",
)


def _which(holds: Callable[[Kind], bool]) -> list[str]:
    """Return the recipes of which something holds."""
    return [name for name, recipe in RECIPES.items() if holds(recipe)]


def _reading(section: str) -> list[str]:
    """Return the recipes that read a section."""
    return _which(lambda recipe: section not in recipe.unread)


@dataclass
class DataSettings(Checked):
    """The recipe of the training volumes.

    Attributes:
        kind: `clinical` (the CT itself), `mr` (the MR itself), `synth1` (targets in a textured cylinder), `synth2`
            (constant organs over a background), `synth3` (textured organs over a background), `synthseg` (a Gaussian
            mixture), `cyclegan` (the MR, made CT by `translation`).
        replicates: Volumes per training case.
        replicates_val: Volumes per validation case.
        spacing: Isotropic voxel size in mm that label maps are resampled to first; None keeps their own.
        interpolation: How label maps come onto that grid: `nearest` (the nearest voxel) or `shape` (outlines that are
            interpolated between slices, without the steps of thick ones).
        superior_padding_mm: Least distance from the topmost label to the upper end of a map without a CT: maps of
            abdominal organs end below the heart, which a network has to have met before it can leave it alone.
        seed: Seed of everything that is drawn.
        priors: The table of HU: `train` (measured on the CT of the training cases, on no other), `builtin`, a CSV file
            with the same columns, whose rows are laid over the built-in ones, or `auto`, which the recipes that paint
            set: `train` where a training case has a CT, else `builtin`.
        phase: `native`, `arterial` (late), `portal`, `delayed`, `mixed` (one enhancement factor per volume, from native
            to portal), or `any`: any time of a bolus, from native over arterial and portal to delayed.
        enhancement: Mean of the factor of `mixed`, 1 is the portal-venous phase and 0 the native one.
        enhancement_sd: Its standard deviation.
        contrast: Interval of the factor on what the contrast agent adds under `any`.
        background_sd: Standard deviation in HU of the mean of the background classes fat and soft tissue.
        rescan: Whether the scanner also scans `clinical` and `cyclegan`, whose CT are scans already. An MR is never
            scanned.
        background_texture: Whether background classes get a texture too in `synth3`.
        cylinder: The body of `synth1`.
        background: What is unlabelled: air, fat and soft tissue, in every recipe but `synth1`.
        atlas: Whole anatomies beside the label maps (not in `clinical` or `cyclegan`).
        deformation: Deformation of the label maps (not of `clinical` or `cyclegan`).
        distractors: Bodies where no label says what a voxel is (not in `clinical` or `cyclegan`).
        lesions: Focal lesions in one organ (not in `clinical` or `cyclegan`).
        subclasses: Parts of their own intensity that labels are split into (not in `clinical` or `cyclegan`).
        gas: How much gas hollow organs hold (not in `clinical` or `cyclegan`).
        contents: What else they hold (not in `clinical` or `cyclegan`).
        perfusion: Renal cortex ahead of the medulla, bands in the spleen (not in `clinical` or `cyclegan`).
        vessels: Portal and hepatic veins within the liver (not in `clinical` or `cyclegan`).
        blur: Point spread, slice thickness and noise (not in `clinical` or `cyclegan`).
        mode: `offline` (volumes are made once, as files) or `online` (the trainer draws new ones without end, and
            one volume a case is made as a sample).
        patches: Training patches cut from a volume of `mode=online` before it is thrown away.
        mr: How the intensities of `mr` are standardised.
    """

    kind: str = choice("synth3", tuple(RECIPES))
    replicates: int = ranged(4, 1)
    replicates_val: int = ranged(1, 1)
    spacing: float | None = ranged(None, 0.1, 20.0)
    interpolation: str = choice("nearest", INTERPOLATIONS)
    superior_padding_mm: float = ranged(0.0, 0.0, 1000.0)
    seed: int = ranged(0, 0)
    priors: str = path("builtin")
    phase: str = choice("portal", CONTRAST_PHASES)
    enhancement: float = ranged(1.0, 0.0, 3.0)
    enhancement_sd: float = ranged(0.15, 0.0, 1.0)
    contrast: list[float] = interval(0.75, 1.25, 0.0, 3.0)
    background_sd: float = ranged(12.0, 0.0, 200.0)
    background_texture: bool = False
    rescan: bool = False
    cylinder: CylinderSettings = field(default_factory=CylinderSettings)
    background: BackgroundSettings = field(default_factory=BackgroundSettings)
    atlas: AtlasSettings = field(default_factory=AtlasSettings)
    deformation: DeformationSettings = field(default_factory=DeformationSettings)
    distractors: DistractorSettings = field(default_factory=DistractorSettings)
    lesions: LesionSettings = field(default_factory=LesionSettings)
    subclasses: SubclassSettings = field(default_factory=SubclassSettings)
    gas: GasSettings = field(default_factory=GasSettings)
    contents: ContentsSettings = field(default_factory=ContentsSettings)
    perfusion: PerfusionSettings = field(default_factory=PerfusionSettings)
    vessels: VesselSettings = field(default_factory=VesselSettings)
    blur: BlurSettings = field(default_factory=BlurSettings)
    mode: str = choice("offline", MODES)
    patches: int = ranged(8, 1)
    mr: MrSettings = field(default_factory=MrSettings)
    read_with: ClassVar = {
        **dict.fromkeys(
            (*DRAWN, "background", "superior_padding_mm", "background_sd"),
            ("kind", _which(lambda recipe: recipe.draws)),
        ),
        **{part: ("kind", _reading(part)) for part in ("cylinder", "mr")},
        "background_texture": ("kind", _which(lambda recipe: "background" in recipe.textured and not recipe.white)),
        "rescan": ("kind", _which(lambda recipe: recipe.is_scan and recipe.image == "ct")),
        **dict.fromkeys(("enhancement", "enhancement_sd"), ("phase", ("mixed",))),
        "contrast": ("phase", ("any",)),
        "replicates": ("mode", ("offline",)),
        "patches": ("mode", ("online",)),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rescan and RECIPES[self.kind].image == "mr":
            raise SettingError("rescan", True, f"false with data={self.kind}", "a CT scanner cannot scan an MR")
        if self.interpolation != "nearest" and self.spacing is None:
            remedy = "set data.spacing=MM, the grid that label maps come onto"
            raise SettingError("interpolation", self.interpolation, "nearest without data.spacing", remedy)

        if self.atlas.whole > 0 and self.spacing is None:
            remedy = "set data.spacing=MM, a grid that label maps and atlases share"
            raise SettingError("atlas.whole", self.atlas.whole, "0 without data.spacing", remedy)
        if self.atlas.completed > 0 and RECIPES[self.kind].targets_only:
            remedy = "it paints no label that is no target"
            raise SettingError("atlas.completed", self.atlas.completed, f"0 with data={self.kind}", remedy)

    @property
    def mean_enhancement(self) -> float:
        """The enhancement that volumes have on average: 0 native, 1 what the table of priors has at `mean_time`."""
        return {"native": 0.0, "mixed": self.enhancement}.get(self.phase, 1.0)

    @property
    def mean_time(self) -> float:
        """When volumes are scanned on average, as a place among `labelct.priors.PHASES`."""
        return TIMES.get(self.phase, PORTAL)

    @property
    def takes_curves(self) -> bool:
        """Whether HU of the arterial and delayed phases are asked for."""
        return self.phase in TIMES

    def reads_ct(self) -> bool:
        """Return whether the CT of a case, where it has one, makes a difference to what is painted."""
        shown = RECIPES[self.kind].ingredients.get("background") is completed
        return (shown and self.background.source in ("auto", "kmeans")) or self.subclasses.reads_ct()

    def is_scanned(self) -> bool:
        """Return whether the volumes go through the scanner: a clinical CT has been through one already."""
        return self.rescan or not RECIPES[self.kind].is_scan
