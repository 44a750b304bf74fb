"""Settings of the procedural cohorts."""

from dataclasses import dataclass, field
from typing import ClassVar

from labelct.errors import SettingError
from labelct.io.modality import MODALITIES
from labelct.settings import Checked, choice, interval, ranged

LARGEST_MM = 3000.0  # of a field of view: more than a table moves


@dataclass
class EmbeddedSettings(Checked):
    """What every procedural cohort has.

    Attributes:
        kind: Which cohort reader this belongs to.
        train: Subjects to train on.
        val: Subjects to validate on.
        test: Subjects to score on.
        seed: Seed of the anatomies; a subject depends on it and on its own name alone.
    """

    kind: str = ""
    train: int = ranged(8, 0)
    val: int = ranged(2, 0)
    test: int = ranged(4, 0)
    seed: int = ranged(0, 0)

    @property
    def modality(self) -> str:
        """Which of its images a cohort is opened with, `ct` or `mr`."""
        return "ct"


@dataclass
class PhantomSettings(EmbeddedSettings):
    """Procedural trunks with a clinical-looking CT of each: nothing to download.

    Attributes:
        spacing: Isotropic voxel size, mm.
        size: Extent of the field of view `(x, y, z)`, mm.
        warp_mm: Standard deviation of the diffeomorphic warp's velocity at its control points, mm.
        crop: Share of subjects whose scan ends early, above the pelvis or within the liver's dome.
        native: Share of CTs without contrast agent.
        texture: Factor on every texture inside the organs (1: as seen in patients).
        noise_hu: Lowest and highest standard deviation of the CT noise, HU.
        lesions: Share of CTs with cysts or metastases in the liver.
        table: Share of CTs with the patient table in view.
    """

    kind: str = choice("phantom", ("phantom",))
    spacing: float = ranged(4.0, 0.5, 16.0)
    size: list[float] = field(default_factory=lambda: [400.0, 320.0, 400.0])
    warp_mm: float = ranged(6.0, 0.0, 15.0)
    crop: float = ranged(0.3, 0.0, 1.0)
    native: float = ranged(0.2, 0.0, 1.0)
    texture: float = ranged(1.0, 0.0, 5.0)
    noise_hu: list[float] = interval(6.0, 18.0, 0.0)
    lesions: float = ranged(0.3, 0.0, 1.0)
    table: float = ranged(0.6, 0.0, 1.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.size) != 3 or min(self.size) < 4 * self.spacing or max(self.size) > LARGEST_MM:
            allowed = f"three extents (x, y, z) in mm, each at least four voxels and at most {LARGEST_MM:g}"
            raise SettingError("size", self.size, allowed)


@dataclass
class PelvisSettings(EmbeddedSettings):
    """Procedural pelves with a prostate, as MR or as CT: both sides of a translation, with nothing to download.

    Attributes:
        modality: What is seen of a subject, `mr` (T2-weighted) or `ct`. Subjects of the two are never the same.
        voxels: Voxels along x and y.
        spacing: Voxel size along x and y, mm.
        slices: Voxels along z.
        slice_mm: Voxel size along z, mm.
        warp_mm: Standard deviation of the diffeomorphic warp's velocity at its control points, mm.
        bias: Strength of the coil sensitivity of an MR; 0 for none.
        native: Share of CTs without contrast agent.
        noise_hu: Lowest and highest standard deviation of the CT noise, HU.
        true_ct: Whether `ct/` beside `mr/` holds the CT of the MR's own anatomy on its grid, which no training sees:
            what a translated MR is measured against.
    """

    kind: str = choice("pelvis", ("pelvis",))
    modality: str = choice("mr", MODALITIES)
    voxels: int = ranged(160, 16, 1024)
    spacing: float = ranged(1.25, 0.3, 16.0)
    slices: int = ranged(24, 2, 256)
    slice_mm: float = ranged(3.6, 0.5, 10.0)
    warp_mm: float = ranged(4.0, 0.0, 10.0)
    bias: float = ranged(0.22, 0.0, 1.0)
    native: float = ranged(0.8, 0.0, 1.0)
    noise_hu: list[float] = interval(6.0, 18.0, 0.0)
    true_ct: bool = True
    read_with: ClassVar = dict.fromkeys(("bias", "true_ct"), ("modality", ("mr",)))
