"""What a volume is made from: a label map with names, and the image that goes along where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from labelct.synthesis.kernels import Voxels


@dataclass(frozen=True)
class Case:
    """One case on one grid: NumPy arrays, or torch tensors on one device, where its volumes are made then.

    Attributes:
        label_map: `(x, y, z)` unsigned label values.
        spacing: Voxel size `(x, y, z)` in mm.
        names: Name of every value above 0 in the map.
        ct: `(x, y, z)` HU on the same grid, or None.
        ignored: `(x, y, z)`, True where nobody said what the image shows, which no loss shall see; None: nowhere.
        mr: `(x, y, z)` standardised MR intensities on the same grid, or None.
        whole: Atlases that a volume may be made of in place of this case, by name; arrays, wherever the case is.
        completed: This case with what atlases have around its labels, by their names; likewise.
    """

    label_map: Voxels
    spacing: tuple[float, float, float]
    names: Mapping[int, str]
    ct: Voxels | None = None
    ignored: Voxels | None = None
    mr: Voxels | None = None
    whole: Mapping[str, Case] = field(default_factory=dict)
    completed: Mapping[str, Case] = field(default_factory=dict)

    def on(self, device: str) -> Case:
        """Return the case on a device of torch, `cuda:0` or any other.

        A recipe makes its volumes where it is: the same labels as of arrays, bit for bit, and HU that differ by the
        rounding of float32 at most.
        """
        from labelct.synthesis.kernels.tensors.voxels import put

        ct, mr = (None if image is None else put(np.asarray(image, np.float32), device) for image in (self.ct, self.mr))
        ignored = None if self.ignored is None else put(np.asarray(self.ignored), device)
        return replace(self, label_map=put(self.label_map, device), ct=ct, ignored=ignored, mr=mr)
