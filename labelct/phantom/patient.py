"""The anatomy and appearance of one phantom: what everything that is drawn into its CT has to know."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from labelct.phantom.appearance import Appearance, tissue_of
from labelct.phantom.fields import Mask, Spacing, lookup

Part = tuple[slice, ...]


@dataclass(frozen=True)
class Patient:
    """A label map and how its structures look.

    Attributes:
        labels: `(x, y, z)`, RAS+; 0 is air.
        names: The name of every value.
        spacing: Voxel size `(x, y, z)`, mm.
        appearance: What `sample_appearance` drew.
    """

    labels: NDArray[np.unsignedinteger]
    names: dict[int, str]
    spacing: Spacing
    appearance: Appearance

    def mask(self, prefix: str, suffix: str = "") -> Mask:
        """Return the voxels of all structures whose names begin with `prefix` and end with `suffix`."""
        chosen = [value for value, name in self.names.items() if name.startswith(prefix) and name.endswith(suffix)]
        return np.isin(self.labels, chosen)

    def group(self, group: str) -> Mask:
        """Return the voxels of all structures of a group of tissues, such as `muscle`."""
        belongs = {value: float(tissue_of(name).group == group) for value, name in self.names.items()}
        return lookup(belongs, 0.0)[self.labels] > 0

    def structures(self, prefix: str) -> Iterator[tuple[Part, Mask]]:
        """Yield box (one voxel wider) and mask of each structure whose name begins with `prefix`."""
        boxes = ndimage.find_objects(self.labels)
        for value, name in self.names.items():
            box = boxes[value - 1] if name.startswith(prefix) and value <= len(boxes) else None
            if box is not None:
                wide = tuple(slice(max(side.start - 1, 0), side.stop + 1) for side in box)
                yield wide, self.labels[wide] == value
