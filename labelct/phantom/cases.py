"""The procedural cohort on disk: every case a label map and a clinical-looking CT, in the folder layout."""

import json
from pathlib import Path
from zlib import crc32

import numpy as np

from labelct.io import nifti
from labelct.phantom.anatomy import NAMES, label_map, sample_anatomy
from labelct.phantom.appearance import sample_appearance
from labelct.phantom.clinical_ct import clinical_ct
from labelct.phantom.settings import PhantomSettings


def case_names(settings: PhantomSettings) -> dict[str, list[str]]:
    """Return the cases of each split, e.g. `{"train": ["train_000", ...], "val": [...], "test": [...]}`.

    A case keeps its name, and so its anatomy, when a split grows.
    """
    counts = {"train": settings.train, "val": settings.val, "test": settings.test}
    return {split: [f"{split}_{number:03d}" for number in range(count)] for split, count in counts.items()}


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
    for kind, array in (("labels", labels), ("ct", np.rint(volume).astype(np.int16))):
        path = Path(folder) / kind / f"{case}.nii.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        nifti.write(path, array, affine)


def write_index(settings: PhantomSettings, folder: Path) -> None:
    """Write `names.json` (label value to name) and `splits.json` (split to cases) into `folder`."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    names = {str(value): name for value, name in enumerate(NAMES, start=1)}
    for file, content in (("names.json", names), ("splits.json", case_names(settings))):
        (folder / file).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
