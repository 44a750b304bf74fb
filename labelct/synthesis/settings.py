"""Settings of the synthesis: recipe, intensities, texture and label drop."""

from __future__ import annotations

from dataclasses import dataclass, field

from labelct.errors import SettingError, check_choice, check_range

RECIPES = ("clinical", "synth1", "synth2", "synth3", "synthseg")
COMPLETIONS = ("auto", "kmeans", "geometric", "labels", "none")
PHASES = ("portal", "native", "mixed")
FILLS = ("gaussian", "voxels", "uniform", "mixture", "fitted", "fixed")
TEXTURES = ("video", "stills", "noise", "leaves", "white", "none")
DIRECTIONS = ("z", "any")
MODES = ("offline", "online")


def check_interval(name: str, value: list[float], low: float | None = None, high: float | None = None) -> None:
    """Raise `SettingError` unless `value` is `[smallest, largest]` within `low` to `high`."""
    if len(value) != 2 or value[0] > value[1]:
        raise SettingError(name, value, "two numbers, the smaller first")
    for bound in value:
        check_range(name, bound, low, high)


@dataclass
class CylinderSettings:
    """The body of `synth1`.

    Attributes:
        radius: Interval of the radius as a fraction of the smaller in-plane field of view.
        margin_mm: Least distance between the target and the surface of the cylinder.
        flattening: Largest relative shortening of the front-to-back axis; 0 keeps the section a circle.
        histogram: `builtin`, or a CSV file with the columns `probability` and `hu` (a quantile function).
    """

    radius: list[float] = field(default_factory=lambda: [0.30, 0.48])
    margin_mm: float = 10.0
    flattening: float = 0.0
    histogram: str = "builtin"

    def __post_init__(self) -> None:
        check_interval("cylinder.radius", self.radius, 0.05, 1.0)
        check_range("cylinder.margin_mm", self.margin_mm, 0.0)
        check_range("cylinder.flattening", self.flattening, 0.0, 0.7)


@dataclass
class BodySettings:
    """How unlabelled voxels become air, fat or soft tissue.

    Attributes:
        air_hu: Below this a voxel of the CT is air.
        clip: The CT is clipped to this interval before k-means.
        seeds: First cluster centres, fat and soft tissue.
        half_width_mm: Interval of the trunk's left-to-right half axis where the labels do not outline it.
        half_depth_mm: The same from back to front.
        wall_mm: Interval of the muscle layer around the hull of the labels.
        fat_mm: Interval of the fat shell around that.
        visceral_fat: Interval of the fraction of fat among what is unlabelled inside the hull.
        visceral_grain_mm: Distance over which the inner fat changes.
    """

    air_hu: float = -300.0
    clip: list[float] = field(default_factory=lambda: [-200.0, 150.0])
    seeds: list[float] = field(default_factory=lambda: [-100.0, 50.0])
    half_width_mm: list[float] = field(default_factory=lambda: [130.0, 165.0])
    half_depth_mm: list[float] = field(default_factory=lambda: [85.0, 115.0])
    wall_mm: list[float] = field(default_factory=lambda: [4.0, 12.0])
    fat_mm: list[float] = field(default_factory=lambda: [8.0, 30.0])
    visceral_fat: list[float] = field(default_factory=lambda: [0.2, 0.6])
    visceral_grain_mm: float = 16.0

    def __post_init__(self) -> None:
        check_range("body.air_hu", self.air_hu, -1000.0, -150.0)
        check_interval("body.clip", self.clip)
        check_interval("body.seeds", self.seeds, *self.clip)
        for name in ("half_width_mm", "half_depth_mm", "wall_mm", "fat_mm"):
            check_interval(f"body.{name}", getattr(self, name), 0.0, 400.0)
        check_interval("body.visceral_fat", self.visceral_fat, 0.0, 1.0)
        check_range("body.visceral_grain_mm", self.visceral_grain_mm, 1.0)


@dataclass
class DeformSettings:
    """How label maps are deformed before anything is painted; all zeros leave them as they are.

    Attributes:
        rotation_deg: Largest turn about each axis.
        scale: Largest relative stretch along each axis.
        shear: Largest shear.
        shift_mm: Largest shift along each axis.
        elastic_mm: Standard deviation of the elastic displacement along each axis.
        grain_mm: Distance of the elastic control points.
        flip: Chance of a mirror image, with left and right names swapped.
    """

    rotation_deg: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    shift_mm: float = 0.0
    elastic_mm: float = 0.0
    grain_mm: float = 60.0
    flip: float = 0.0

    def __post_init__(self) -> None:
        check_range("deform.rotation_deg", self.rotation_deg, 0.0, 180.0)
        check_range("deform.scale", self.scale, 0.0, 1.0)
        check_range("deform.shear", self.shear, 0.0, 0.5)
        check_range("deform.shift_mm", self.shift_mm, 0.0, 500.0)
        check_range("deform.grain_mm", self.grain_mm, 5.0, 1000.0)
        check_range("deform.flip", self.flip, 0.0, 1.0)
        if not 0.0 <= self.elastic_mm <= self.grain_mm / 4:
            allowed = f"0 to a quarter of deform.grain_mm={self.grain_mm}"
            raise SettingError("deform.elastic_mm", self.elastic_mm, allowed, "larger displacements would fold organs")

    def is_active(self) -> bool:
        """Return whether anything but a flip can happen."""
        return any((self.rotation_deg, self.scale, self.shear, self.shift_mm, self.elastic_mm))


@dataclass
class LesionSettings:
    """Synthetic focal lesions, a label of their own: `<host>_lesion`.

    Attributes:
        host: The organ they grow in; None: there are none.
        count: Interval of their number in a volume.
        radius_mm: Interval of the mean radius.
        contrast_hu: Interval of their HU minus the host's, one draw a volume.
    """

    host: str | None = None
    count: list[int] = field(default_factory=lambda: [0, 4])
    radius_mm: list[float] = field(default_factory=lambda: [4.0, 15.0])
    contrast_hu: list[float] = field(default_factory=lambda: [-70.0, -25.0])

    def __post_init__(self) -> None:
        check_interval("lesions.count", [float(number) for number in self.count], 0, 200)
        check_interval("lesions.radius_mm", self.radius_mm, 0.5, 100.0)
        check_interval("lesions.contrast_hu", self.contrast_hu, -1000.0, 1000.0)

    @property
    def name(self) -> str | None:
        """Name of the lesions' label."""
        return None if self.host is None else f"{self.host}_lesion"


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
        lesions: Focal lesions in one organ (not in `clinical`).
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
    lesions: LesionSettings = field(default_factory=LesionSettings)
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
        check_range("seed", self.seed, 0)
        check_range("enhancement", self.enhancement, 0.0, 3.0)
        check_range("enhancement_sd", self.enhancement_sd, 0.0, 1.0)
        check_range("rest_sd", self.rest_sd, 0.0, 200.0)


@dataclass
class FillSettings:
    """The distribution that an organ's mean HU is drawn from.

    Attributes:
        kind: `gaussian` (spread of organ means between patients), `voxels` (spread of all voxels), `uniform`
            (contrast-agnostic), `mixture` (SynthSeg: uniform mean and spread), `fitted` (the histogram of a fitted
            prior, else as `gaussian`), `fixed` (the prior mean itself).
        spread: Factor on the prior's standard deviation between patients.
        hu: Interval of the mean for `uniform` and `mixture`.
        sd: Interval of the texture's standard deviation for `uniform` and `mixture`.
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
