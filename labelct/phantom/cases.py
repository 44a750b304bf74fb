"""The procedural cohort on disk: every case a label map and a clinical-looking CT, in the folder layout."""

import json
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from labelct.io import nifti
from labelct.phantom.anatomy import NAMES, label_map, sample_anatomy
from labelct.phantom.appearance import sample_appearance
from labelct.phantom.clinical_ct import clinical_ct
from labelct.phantom.settings import PhantomSettings
from labelct.store import write_text


def case_names(settings: PhantomSettings) -> dict[str, list[str]]:
    """Return the cases of each split, e.g. `{"train": ["train_000", ...], "val": [...], "test": [...]}`.

    A case keeps its name, and so its anatomy, when a split grows.
    """
    counts = {"train": settings.train, "val": settings.val, "test": settings.test}
    return {split: [f"{split}_{number:03d}" for number in range(count)] for split, count in counts.items()}


def is_complete(case: str, folder: Path) -> bool:
    """Return whether both files of a case lie in the cohort's folder."""
    return all(path.is_file() for path in _files(case, folder).values())


def generate_case(settings: PhantomSettings, case: str, folder: Path) -> None:
    """Write `labels/<case>.nii.gz` (uint8) and `ct/<case>.nii.gz` (int16 HU) into `folder`.

    Args:
        settings: The cohort.
        case: A name from `case_names`; with the seed it decides everything that is drawn.
        folder: The cohort's folder.

    Raises:
        InputError: The files cannot be written.
    """
    rng = np.random.default_rng([settings.seed, crc32(case.encode())])
    anatomy = sample_anatomy(settings, rng)
    spacing = (settings.spacing,) * 3
    x, y, z = (max(round(length / settings.spacing), 1) for length in anatomy.size)
    labels, names = label_map(anatomy, spacing, (x, y, z))
    volume = clinical_ct(labels, names, spacing, sample_appearance(settings, tuple(names.values()), rng))
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = [-(n - 1) / 2 * settings.spacing for n in labels.shape]
    arrays: dict[str, NDArray[np.integer[Any]]] = {"labels": labels, "ct": np.rint(volume).astype(np.int16)}
    for kind, path in _files(case, folder).items():
        nifti.write(path, arrays[kind], affine)


def write_index(settings: PhantomSettings, folder: Path) -> None:
    """Write `names.json` (label value to name) and `splits.json` (split to cases) into `folder`."""
    names = {str(value): name for value, name in enumerate(NAMES, start=1)}
    for file, content in (("names.json", names), ("splits.json", case_names(settings))):
        write_text(Path(folder) / file, json.dumps(content, indent=1) + "\n")


def _files(case: str, folder: Path) -> dict[str, Path]:
    return {kind: Path(folder) / kind / f"{case}.nii.gz" for kind in ("labels", "ct")}
