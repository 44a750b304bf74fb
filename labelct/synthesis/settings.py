"""Settings of a recipe: which one, on which grid, how many volumes; each ingredient's own stand with it."""

from __future__ import annotations

from dataclasses import dataclass, field

from labelct.settings import Checked, choice, ranged
from labelct.synthesis import background, blur, cylinder, deformation, distractors, lesions, subclasses
from labelct.synthesis.recipes import RECIPES

PHASES = ("portal", "native", "mixed")
MODES = ("offline", "online")


@dataclass
class DataSettings(Checked):
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
        blur: Point spread, slice thickness and noise (not in `clinical`).
        mode: `offline` (volumes are made once, as files) or `online` (the trainer draws new ones without end, and
            one volume a case is made as a sample).
        patches: Training patches cut from a volume of `mode=online` before it is thrown away.
    """

    kind: str = choice("synth3", tuple(RECIPES))
    completion: str = choice("auto", background.COMPLETIONS)
    replicates: int = ranged(4, 1)
    replicates_val: int = ranged(1, 1)
    spacing: float | None = ranged(None, 0.1, 20.0)
    headroom_mm: float = ranged(0.0, 0.0, 1000.0)
    seed: int = ranged(0, 0)
    priors: str = "builtin"
    phase: str = choice("portal", PHASES)
    enhancement: float = ranged(1.0, 0.0, 3.0)
    enhancement_sd: float = ranged(0.15, 0.0, 1.0)
    rest_sd: float = ranged(12.0, 0.0, 200.0)
    rest_texture: bool = False
    rescan: bool = False
    cylinder: cylinder.Settings = field(default_factory=cylinder.Settings)
    body: background.Settings = field(default_factory=background.Settings)
    deform: deformation.Settings = field(default_factory=deformation.Settings)
    surroundings: distractors.Settings = field(default_factory=distractors.Settings)
    lesions: lesions.Settings = field(default_factory=lesions.Settings)
    subclasses: subclasses.Settings = field(default_factory=subclasses.Settings)
    blur: blur.Settings = field(default_factory=blur.Settings)
    mode: str = choice("offline", MODES)
    patches: int = ranged(8, 1)

    def reads_ct(self) -> bool:
        """Return whether the CT of a case, where it has one, makes a difference to what is painted."""
        completed = RECIPES[self.kind].ingredients.get("background") is background
        return (completed and self.completion in ("auto", "kmeans")) or self.subclasses.reads_ct()

    def is_scanned(self) -> bool:
        """Return whether the volumes go through the scanner: a clinical CT has been through one already."""
        return self.rescan or not RECIPES[self.kind].is_scan
