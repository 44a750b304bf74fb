"""Label map and CT of a case on another grid."""

from __future__ import annotations

import numpy as np

from labelct.synthesis.resample import resample_labels, resample_volume, resampled_affine
from labelct.volume import LabelMap, Volume


def regrid(label_map: LabelMap, ct: Volume | None, spacing: float | None) -> tuple[LabelMap, Volume | None]:
    """Return both at another voxel size.

    Args:
        label_map: The label map.
        ct: The CT on the same grid, or None.
        spacing: Isotropic voxel size in mm; None returns both as they are.
    """
    if spacing is None:
        return label_map, ct
    size = (spacing,) * 3
    affine = resampled_affine(label_map.affine, size)
    labels = LabelMap(resample_labels(label_map.array, label_map.spacing, size), affine, label_map.names)
    if ct is None:
        return labels, None
    return labels, Volume(resample_volume(ct.array.astype(np.float32), ct.spacing, size), affine)
