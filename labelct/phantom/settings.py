"""Settings of the procedural cohort."""

from dataclasses import dataclass, field

from labelct.errors import SettingError
from labelct.settings import Checked, choice, interval, ranged


@dataclass
class PhantomSettings(Checked):
    """Procedural trunks with a clinical-looking CT of each: nothing to download.

    Attributes:
        kind: Which cohort reader this belongs to.
        train: Subjects to train on.
        val: Subjects to validate on.
        test: Subjects to score on.
        seed: Seed of the anatomies; a subject depends on it and on its own name alone.
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
    train: int = ranged(8, 0)
    val: int = ranged(2, 0)
    test: int = ranged(4, 0)
    seed: int = ranged(0, 0)
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
        if len(self.size) != 3 or min(self.size) < 4 * self.spacing:
            raise SettingError("size", self.size, "three extents (x, y, z) in mm, each at least four voxels")
