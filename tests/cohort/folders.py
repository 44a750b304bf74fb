"""A folder of label maps, one with a CT, and what a test asks of a cohort."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from labelct.cohort.base import Cohort, Subject
from labelct.io import nifti

AFFINE = np.diag([2.0, 2.0, 3.0, 1.0])
LABELS = np.random.default_rng(0).integers(0, 3, (5, 6, 4)).astype(np.uint8)
HU = np.random.default_rng(1).integers(-1000, 1000, (5, 6, 4)).astype(np.float32)
NAMES = {1: "liver", 2: "liver_tumor"}


def write_folder(root: Path) -> Path:
    for case in ("a", "b", "c"):
        nifti.write(root / "labels" / f"{case}.nii.gz", LABELS, AFFINE)
    nifti.write(root / "ct" / "b.nii.gz", HU, AFFINE)
    (root / "names.json").write_text(json.dumps({str(value): name for value, name in NAMES.items()}))
    return root


def everyone(cohort: Cohort) -> dict[str, Subject]:
    return {subject.case: subject for subject in (*cohort.train, *cohort.val, *cohort.test)}
