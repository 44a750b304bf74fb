"""The procedural cohorts on disk: every case a label map and what is seen of it, in the folder layout."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from labelct.io import nifti
from labelct.phantom import anatomy
from labelct.phantom.appearance import sample_appearance
from labelct.phantom.clinical_ct import clinical_ct
from labelct.phantom.pelvis import anatomy as pelvis
from labelct.phantom.pelvis import render
from labelct.phantom.settings import EmbeddedSettings, PelvisSettings, PhantomSettings
from labelct.writing import write_text

Drawn = tuple[dict[str, NDArray[Any]], tuple[float, ...]]


@dataclass(frozen=True)
class Phantom:
    """One kind of procedural cohort.

    Attributes:
        names: Of its structures, in the order of their label values.
        draw: Draws a subject: arrays `(x, y, z)` by the folder they belong in, and the voxel size in mm.
        kinds: Which folders a case of these settings has a file in.
        prefix: What stands in front of the cases' names.
        revision: Which drawing of these settings it is; another one is another stage.
    """

    names: tuple[str, ...]
    draw: Callable[[Any, np.random.Generator], Drawn]
    kinds: Callable[[Any], tuple[str, ...]]
    prefix: Callable[[Any], str] = lambda settings: ""
    revision: Callable[[Any], int] = lambda settings: 0


def trunk(settings: PhantomSettings, rng: np.random.Generator) -> Drawn:
    """Draw a trunk: `labels` uint8 and `ct` in HU, and the voxel size in mm."""
    subject = anatomy.sample_anatomy(settings, rng)
    spacing = (settings.spacing,) * 3
    x, y, z = (max(round(length / settings.spacing), 1) for length in subject.size)
    labels, names = anatomy.label_map(subject, spacing, (x, y, z))
    ct = clinical_ct(labels, names, spacing, sample_appearance(settings, tuple(names.values()), rng))
    return {"labels": labels, "ct": ct}, spacing


PHANTOMS = {
    "phantom": Phantom(anatomy.NAMES, trunk, lambda settings: ("labels", "ct")),
    "pelvis": Phantom(
        pelvis.NAMES,
        render.pelvis,
        render.kinds,
        lambda settings: f"{settings.modality}_",
        lambda settings: int(settings.modality == "mr"),
    ),
}


def names(settings: EmbeddedSettings) -> tuple[str, ...]:
    """Return the structures of a cohort's label maps."""
    return PHANTOMS[settings.kind].names


def revision(settings: EmbeddedSettings) -> int:
    """Return which drawing of its settings a cohort is: it counts up where the same settings give other images."""
    return PHANTOMS[settings.kind].revision(settings)


def case_names(settings: EmbeddedSettings) -> dict[str, list[str]]:
    """Return the cases of each split, e.g. `{"train": ["train_000", ...], "val": [...], "test": [...]}`.

    A case keeps its name, and so its anatomy, when a split grows. Pelves of two modalities share no name and so no
    anatomy.
    """
    prefix = PHANTOMS[settings.kind].prefix(settings)
    counts = {"train": settings.train, "val": settings.val, "test": settings.test}
    return {split: [f"{prefix}{split}_{number:03d}" for number in range(count)] for split, count in counts.items()}


def largest_grid(settings: EmbeddedSettings, spacing: float | None) -> tuple[int, float]:
    """Return the voxels of a cohort's largest case and its length along z in mm; a case that ends early has fewer.

    Args:
        settings: The cohort.
        spacing: Isotropic voxel size in mm that cases are resampled to; None keeps their own.
    """
    if isinstance(settings, PhantomSettings):
        extent, own = tuple(settings.size), settings.spacing**3
    else:
        assert isinstance(settings, PelvisSettings)
        across = settings.voxels * settings.spacing
        extent = (across, across, settings.slices * settings.slice_mm)
        own = settings.spacing**2 * settings.slice_mm
    return round(math.prod(extent) / (spacing**3 if spacing else own)), extent[2]


def is_complete(settings: EmbeddedSettings, case: str, folder: Path) -> bool:
    """Return whether every file of a case lies in the cohort's folder."""
    return all(_file(kind, case, folder).is_file() for kind in PHANTOMS[settings.kind].kinds(settings))


def generate_case(settings: EmbeddedSettings, case: str, folder: Path) -> None:
    """Write `labels/<case>.nii.gz` (uint8), `ct/<case>.nii.gz` (int16 HU), `mr/<case>.nii.gz` (int16) into `folder`.

    Args:
        settings: The cohort.
        case: A name from `case_names`; with the seed it decides everything that is drawn.
        folder: The cohort's folder.

    Raises:
        InputError: The files cannot be written.
    """
    arrays, spacing = draw_case(settings, case)
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = [-(n - 1) / 2 * step for n, step in zip(arrays["labels"].shape, spacing, strict=True)]
    for kind, array in arrays.items():
        nifti.write(_file(kind, case, folder), array, affine)


def draw_case(settings: EmbeddedSettings, case: str) -> Drawn:
    """Return the arrays `(x, y, z)` of a case by the folder they belong in, HU not rounded, and its voxel size in mm.

    Args:
        settings: The cohort.
        case: Any name; with the seed it decides everything that is drawn.
    """
    return PHANTOMS[settings.kind].draw(settings, np.random.default_rng([settings.seed, crc32(case.encode())]))


def write_index(settings: EmbeddedSettings, folder: Path) -> None:
    """Write `names.json` (label value to name) and `splits.json` (split to cases) into `folder`."""
    values = {str(value): name for value, name in enumerate(names(settings), start=1)}
    for file, content in (("names.json", values), ("splits.json", case_names(settings))):
        write_text(Path(folder) / file, json.dumps(content, indent=1) + "\n")


def _file(kind: str, case: str, folder: Path) -> Path:
    return Path(folder) / kind / f"{case}.nii.gz"
