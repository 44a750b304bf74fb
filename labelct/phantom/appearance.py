"""What one CT of a phantom looks like: every number of it, drawn before anything is rendered."""

from dataclasses import dataclass

import numpy as np

from labelct.phantom.settings import PhantomSettings
from labelct.phantom.tissue import Tissue, tissue_of


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
