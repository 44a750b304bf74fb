"""Made-up subjects in the layout of TotalSegmentator v1: a mask a structure, a CT where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from labelct.io import nifti

SHAPE, SPACING = (20, 18, 16), 12.0
HU = {"liver": 55.0, "spleen": 48.0, "vertebrae_L1": 180.0}
ORGANS = {  # boxes of a trunk seen in voxels
    "liver": (slice(3, 10), slice(6, 13), slice(5, 12)),
    "spleen": (slice(13, 17), slice(4, 8), slice(7, 11)),
    "vertebrae_L1": (slice(9, 12), slice(2, 5), slice(0, 16)),
}


def write_subject(root: Path, case: str, organs: Sequence[str] = tuple(ORGANS), *, ct: bool = True) -> None:
    """Write one subject: masks of every organ, empty for those that are not among `organs`."""
    rng = np.random.default_rng(int(case.strip("s")))
    affine = np.diag([SPACING, SPACING, SPACING, 1.0])
    hu = np.full(SHAPE, -1000.0, np.float32)
    hu[2:18, 1:16] = rng.normal(-20.0, 60.0, (16, 15, SHAPE[2]))
    for organ, box in ORGANS.items():
        mask = np.zeros(SHAPE, np.uint8)
        if organ in organs:
            mask[box] = 1
            hu[box] = rng.normal(HU[organ], 15.0, hu[box].shape)
        nifti.write(root / case / "segmentations" / f"{organ}.nii.gz", mask, affine)
    if ct:
        nifti.write(root / case / "ct.nii.gz", hu, affine)
