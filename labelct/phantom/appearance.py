"""What one CT of a phantom looks like: its tissues, and every number of it, drawn before anything is rendered.

The tissues are rough figures of clinical portal-venous CT, kept apart from the priors of `labelct.synthesis` on
purpose: the phantom's CT stands for patients, and patients do not follow the recipe that a network was trained with.
"""

from dataclasses import dataclass

import numpy as np

from labelct.phantom.settings import PhantomSettings


@dataclass(frozen=True)
class Tissue:
    """Intensities of one structure, HU.

    Attributes:
        portal: Mean in the portal-venous phase.
        native: Mean without contrast agent.
        between: Standard deviation of the mean between patients.
        fine: Standard deviation of the texture at about 3 mm.
        coarse: Standard deviation of the texture at about 12 mm.
        group: What is drawn inside: solid, blood, bone, lung, gut, fluid, muscle, fat.
        gas: Largest share of gas, for `gut`.
    """

    portal: float
    native: float
    between: float
    fine: float
    coarse: float
    group: str = "solid"
    gas: float = 0.0


# The longest prefix of a structure's name that is listed here gives its tissue.
TISSUES: dict[str, Tissue] = {
    "spleen": Tissue(118, 48, 10, 5, 3),
    "kidney": Tissue(170, 33, 20, 8, 10),
    "gallbladder": Tissue(10, 10, 6, 3, 3, "fluid"),
    "liver": Tissue(106, 57, 11, 6, 4),
    "stomach": Tissue(38, 32, 14, 14, 16, "gut", 0.45),
    "pancreas": Tissue(88, 40, 12, 16, 8),
    "adrenal_gland": Tissue(70, 22, 10, 10, 5),
    "lung": Tissue(-835, -830, 30, 22, 30, "lung"),
    "esophagus": Tissue(48, 36, 9, 14, 8, "gut", 0.08),
    "small_bowel": Tissue(62, 32, 14, 16, 20, "gut", 0.08),
    "duodenum": Tissue(58, 34, 12, 15, 15, "gut", 0.12),
    "colon": Tissue(30, 25, 15, 28, 26, "gut", 0.6),
    "urinary_bladder": Tissue(8, 6, 5, 3, 3, "fluid"),
    "prostate": Tissue(62, 40, 10, 8, 6),
    "rectum": Tissue(38, 34, 8, 12, 10, "gut", 0.5),
    "seminal_vesicles": Tissue(34, 24, 6, 7, 5),
    "levator_ani": Tissue(56, 48, 6, 6, 4, "muscle"),
    "muscles": Tissue(54, 46, 8, 12, 9, "muscle"),
    "urethral_sphincter": Tissue(52, 44, 6, 6, 4),
    "heart": Tissue(138, 43, 16, 6, 8, "blood"),
    "aorta": Tissue(152, 43, 17, 5, 3, "blood"),
    "inferior_vena_cava": Tissue(128, 40, 15, 6, 6, "blood"),
    "portal_vein_and_splenic_vein": Tissue(162, 40, 16, 5, 3, "blood"),
    "iliac_artery": Tissue(150, 43, 17, 6, 3, "blood"),
    "iliac_vena": Tissue(108, 40, 15, 8, 5, "blood"),
    "spinal_cord": Tissue(32, 28, 6, 6, 4),
    "sacrum": Tissue(150, 140, 38, 45, 30, "bone"),
    "vertebrae": Tissue(165, 155, 38, 42, 18, "bone"),
    "femur": Tissue(230, 225, 45, 55, 60, "bone"),
    "hip": Tissue(170, 165, 40, 55, 35, "bone"),
    "rib": Tissue(180, 175, 40, 50, 25, "bone"),
    "sternum": Tissue(110, 105, 30, 40, 25, "bone"),
    "costal_cartilages": Tissue(105, 98, 18, 22, 18),
    "gluteus": Tissue(54, 46, 8, 12, 9, "muscle"),
    "autochthon": Tissue(50, 44, 9, 14, 10, "muscle"),
    "iliopsoas": Tissue(60, 50, 7, 9, 5, "muscle"),
    "_fat": Tissue(-102, -104, 6, 8, 7, "fat"),
    "_soft": Tissue(52, 44, 7, 14, 12, "muscle"),
}


def tissue_of(name: str) -> Tissue:
    """Return the tissue of a structure, from the longest listed prefix of its name.

    Raises:
        KeyError: No prefix of the name is listed.
    """
    prefixes = [prefix for prefix in TISSUES if name.startswith(prefix)]
    if not prefixes:
        raise KeyError(f"no tissue for {name!r}; known are {', '.join(TISSUES)}")
    return TISSUES[max(prefixes, key=len)]


@dataclass(frozen=True)
class Appearance:
    """Every number that makes one CT of a label map, ready for JSON.

    Attributes:
        phase: 0 native, 1 portal-venous, in between a late or early scan.
        means: Mean of each structure, HU.
        texture: Factor on all textures.
        gas: Share of gas of each hollow structure.
        oral: HU that oral contrast agent adds in stomach and small bowel; 0 for none.
        cortex: HU of cortical bone.
        marbling: Share of fat within the muscles.
        lesions: Rows (radius mm, HU relative to the liver).
        calcified: Whether the arteries carry calcified plaques.
        table: Gap between the back and the patient table, mm; None for no table.
        noise: Standard deviation of the noise in the middle of the body, HU.
        blur: Standard deviation of the point spread, mm.
        seed: Seed of every random field.
    """

    phase: float
    means: dict[str, float]
    texture: float
    gas: dict[str, float]
    oral: float
    cortex: float
    marbling: float
    lesions: list[list[float]]
    calcified: bool
    table: float | None
    noise: float
    blur: float
    seed: int


def sample_appearance(settings: PhantomSettings, names: tuple[str, ...], rng: np.random.Generator) -> Appearance:
    """Draw the appearance of one CT.

    Args:
        settings: Shares and strengths.
        names: The structures.
        rng: Source of randomness.
    """
    phase = 0.0 if rng.random() < settings.native else float(np.clip(rng.normal(0.95, 0.2), 0.3, 1.3))
    tissues = {name: tissue_of(name) for name in names}
    lesions = int(rng.integers(1, 5)) if rng.random() < settings.lesions else 0
    return Appearance(
        phase=phase,
        means=_sample_means(tissues, phase, rng),
        texture=settings.texture * float(rng.lognormal(0, 0.15)),
        gas={name: float(tissue.gas * rng.beta(1.3, 1.8)) for name, tissue in tissues.items() if tissue.gas},
        oral=float(rng.uniform(120, 320)) if rng.random() < 0.25 else 0.0,
        cortex=float(rng.normal(620, 110)),
        marbling=float(rng.beta(1.5, 6)),
        lesions=[[float(rng.uniform(5, 17)), float(rng.uniform(-85, -25))] for _ in range(lesions)],
        calcified=bool(rng.random() < 0.4),
        table=float(rng.uniform(2, 14)) if rng.random() < settings.table else None,
        noise=float(rng.uniform(settings.noise_hu[0], settings.noise_hu[1])),
        blur=float(rng.uniform(1.4, 2.1)),
        seed=int(rng.integers(2**31)),
    )


def _sample_means(tissues: dict[str, Tissue], phase: float, rng: np.random.Generator) -> dict[str, float]:
    """Draw the means; structures of one tissue (both kidneys, all vertebrae) share their patient's deviation."""
    kinds = dict.fromkeys(tissues.values())
    deviation = {kind: rng.normal(0, kind.between) for kind in kinds}
    return {
        name: float(
            kind.native + phase * (kind.portal - kind.native) + deviation[kind] + rng.normal(0, kind.between / 5)
        )
        for name, kind in tissues.items()
    }
