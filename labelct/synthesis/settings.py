"""Settings of the synthesis, one class a config group: recipe, intensities, texture and label drop."""

from __future__ import annotations

from dataclasses import dataclass, field

from labelct.errors import SettingError, check_choice, check_range
from labelct.synthesis.anatomy_settings import (
    BodySettings,
    CylinderSettings,
    DeformSettings,
    LesionSettings,
    SubclassSettings,
    SurroundingsSettings,
    check_interval,
)

RECIPES = ("clinical", "synth1", "synth2", "synth3", "synthseg")
COMPLETIONS = ("auto", "kmeans", "geometric", "labels", "none")
PHASES = ("portal", "native", "mixed")
FILLS = ("gaussian", "voxels", "uniform", "mixture", "fitted", "fixed")
TEXTURES = ("video", "stills", "noise", "leaves", "white", "none")
DIRECTIONS = ("z", "any")
MODES = ("offline", "online")


@dataclass
class DataSettings:
    """The recipe of the training volumes.

    Attributes:
        kind: `clinical` (the CT itself), `synth1` (targets in a textured cylinder), `synth2` (constant organs over
            completion), `synth3` (textured organs over completion), `synthseg` (a Gaussian mixture).
        completion: What unlabelled voxels are taken from: `kmeans` (the CT), `geometric` (a hull of the labels),
            `labels` (every unlabelled voxel inside the labels' union is soft tissue), `none` (air), or `auto`:
            `kmeans` where there is a CT, `labels` where the map itself has the classes `_fat` or `_soft`,
            else `geometric`.
        replicates: Volumes per training case.
        replicates_val: Volumes per validation case.
        spacing: Isotropic voxel size in mm that label maps are resampled to first; None keeps their own.
        headroom_mm: Least distance from the topmost label to the upper end of a map without a CT: maps of abdominal
            organs end below the heart, which a network has to have met before it can leave it alone.
        seed: Seed of everything that is drawn.
        priors: `builtin`, or a CSV file with the same columns.
        phase: `portal`, `native`, or `mixed`: one enhancement factor per volume.
        enhancement: Mean of that factor, 1 is the portal-venous phase and 0 the native one.
        enhancement_sd: Its standard deviation.
        rest_sd: Standard deviation in HU of the mean of the completion classes fat and soft tissue.
        rescan: Whether the scanner also scans `clinical`, whose CT is a scan already.
        rest_texture: Whether completion classes get a texture too in `synth3`.
        cylinder: The body of `synth1`.
        body: Air, fat and soft tissue of the other recipes.
        deform: Deformation of the label maps (not of `clinical`).
        surroundings: Bodies where no label says what a voxel is (not in `clinical`).
        lesions: Focal lesions in one organ (not in `clinical`).
        subclasses: Parts of their own intensity that labels are split into (not in `clinical`).
        psf_mm: Full width at half maximum of a Gaussian point spread in mm: partial volume at the borders of organs.
        slice_mm: Thickness in mm that each slice averages over along z, where more than the slices' distance.
        noise_hu: Standard deviation of white noise in HU, added last; for training without a scanner.
        mode: `offline` (volumes are made once, as files) or `online` (the trainer draws new ones without end, and
            one volume a case is made as a sample).
        patches: Training patches cut from a volume of `mode=online` before it is thrown away.
    """

    kind: str = "synth3"
    completion: str = "auto"
    replicates: int = 4
    replicates_val: int = 1
    spacing: float | None = None
    headroom_mm: float = 0.0
    seed: int = 0
    priors: str = "builtin"
    phase: str = "portal"
    enhancement: float = 1.0
    enhancement_sd: float = 0.15
    rest_sd: float = 12.0
    rest_texture: bool = False
    rescan: bool = False
    cylinder: CylinderSettings = field(default_factory=CylinderSettings)
    body: BodySettings = field(default_factory=BodySettings)
    deform: DeformSettings = field(default_factory=DeformSettings)
    surroundings: SurroundingsSettings = field(default_factory=SurroundingsSettings)
    lesions: LesionSettings = field(default_factory=LesionSettings)
    subclasses: SubclassSettings = field(default_factory=SubclassSettings)
    psf_mm: float = 0.0
    slice_mm: float = 0.0
    noise_hu: float = 0.0
    mode: str = "offline"
    patches: int = 8

    def __post_init__(self) -> None:
        check_choice("kind", self.kind, RECIPES)
        check_choice("mode", self.mode, MODES)
        check_range("patches", self.patches, 1)
        check_range("psf_mm", self.psf_mm, 0.0, 50.0)
        check_range("slice_mm", self.slice_mm, 0.0, 100.0)
        check_range("noise_hu", self.noise_hu, 0.0, 1000.0)
        check_choice("completion", self.completion, COMPLETIONS)
        check_choice("phase", self.phase, PHASES)
        check_range("replicates", self.replicates, 1)
        check_range("replicates_val", self.replicates_val, 1)
        check_range("spacing", self.spacing, 0.1, 20.0)
        check_range("headroom_mm", self.headroom_mm, 0.0, 1000.0)
        check_range("seed", self.seed, 0)
        check_range("enhancement", self.enhancement, 0.0, 3.0)
        check_range("enhancement_sd", self.enhancement_sd, 0.0, 1.0)
        check_range("rest_sd", self.rest_sd, 0.0, 200.0)


@dataclass
class FillSettings:
    """The distribution that an organ's mean HU is drawn from.

    Attributes:
        kind: `gaussian` (spread of organ means between patients), `voxels` (spread of all voxels), `uniform`
            (contrast-agnostic), `mixture` (SynthSeg: uniform mean and spread), `fitted` (as `gaussian`, with
            the histograms of a fitted prior), `fixed` (the prior mean itself).
        spread: Factor on the prior's standard deviation between patients.
        hu: Interval of the mean for `uniform` and `mixture`.
        sd: Interval of the texture's standard deviation for `mixture`; `uniform` takes its middle.
        gas: Whether hollow organs hold gas above their contents.
    """

    kind: str = "gaussian"
    spread: float = 1.0
    hu: list[float] = field(default_factory=lambda: [-150.0, 300.0])
    sd: list[float] = field(default_factory=lambda: [5.0, 40.0])
    gas: bool = True

    def __post_init__(self) -> None:
        check_choice("kind", self.kind, FILLS)
        check_range("spread", self.spread, 0.0, 10.0)
        check_interval("hu", self.hu, -1024.0, 3071.0)
        check_interval("sd", self.sd, 0.0, 1000.0)


@dataclass
class TextureSettings:
    """The 8-bit clips that textures are cut from.

    Attributes:
        kind: `video` (a folder of video files), `stills` (photographs set in motion), `noise` (1/f), `leaves`
            (dead leaves), `white` (independent voxels), `none` (constant organs).
        root: Folder of the video files.
        size: Shorter side of a clip in pixels, after area resizing.
        frames: Longest clip kept, in frames.
        clips: How many clips are generated for `stills`, `noise` and `leaves`; most video files read for `video`.
        scale: Interval of the pixels per voxel.
        stride: Most frames between two slices.
        direction: Axis that time runs along: `z`, or `any` of the three.
        slope: Exponent of the amplitude spectrum of `noise`, 1 for 1/f.
        strength: Factor on the organ's texture standard deviation.
    """

    kind: str = "stills"
    root: str | None = None
    size: int = 160
    frames: int = 64
    clips: int = 18
    scale: list[float] = field(default_factory=lambda: [0.75, 1.5])
    stride: int = 2
    direction: str = "z"
    slope: float = 1.0
    strength: float = 1.0

    def __post_init__(self) -> None:
        check_choice("kind", self.kind, TEXTURES)
        check_choice("direction", self.direction, DIRECTIONS)
        check_range("size", self.size, 16, 1024)
        check_range("frames", self.frames, 1, 4096)
        check_range("clips", self.clips, 1, 4096)
        check_interval("scale", self.scale, 0.05, 8.0)
        check_range("stride", self.stride, 1, 16)
        check_range("slope", self.slope, 0.0, 4.0)
        check_range("strength", self.strength, 0.0, 10.0)
        if self.kind == "video" and not self.root:
            raise SettingError(
                "root", self.root, "a folder of video files", "set texture.root=FOLDER or texture=stills"
            )


@dataclass
class DropSettings:
    """How often a label is not pasted back.

    Attributes:
        probability: Chance of each label, independent for each label and volume.
        labels: Chances of single labels by name, in place of `probability`; a target's name stands for its parts.
        validation: Whether validation volumes lose labels too; a volume without the target says nothing about a
            checkpoint.
    """

    probability: float = 0.5
    labels: dict[str, float] = field(default_factory=dict)
    validation: bool = False

    def __post_init__(self) -> None:
        check_range("probability", self.probability, 0.0, 1.0)
        for name, chance in self.labels.items():
            check_range(f"labels.{name}", chance, 0.0, 1.0)
