"""The anatomy and appearance of one phantom: what everything that is drawn into its CT or MR has to know."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from labelct.phantom.appearance import Appearance, tissue_of
from labelct.phantom.fields import Mask, Spacing

Part = tuple[slice, ...]


@dataclass(frozen=True)
class Structures:
    """A label map that is asked for its structures.

    Attributes:
        labels: `(x, y, z)`, RAS+; 0 is air.
        names: The name of every value.
        spacing: Voxel size `(x, y, z)`, mm.
    """

    labels: NDArray[np.unsignedinteger]
    names: dict[int, str]
    spacing: Spacing

    def mask(self, *prefixes: str, suffix: str = "") -> Mask:
        """Return the voxels of all structures whose names begin with one of `prefixes` and end with `suffix`."""
        chosen = [value for value, name in self.names.items() if name.startswith(prefixes) and name.endswith(suffix)]
        return np.isin(self.labels, chosen)

    def group(self, group: str) -> Mask:
        """Return the voxels of all structures of a group of tissues, such as `muscle`."""
        return np.isin(self.labels, [value for value, name in self.names.items() if tissue_of(name).group == group])

    def structures(self, prefix: str) -> Iterator[tuple[Part, Mask]]:
        """Yield box (one voxel wider) and mask of each structure whose name begins with `prefix`."""
        boxes = ndimage.find_objects(self.labels)
        for value, name in self.names.items():
            box = boxes[value - 1] if name.startswith(prefix) and value <= len(boxes) else None
            if box is not None:
                wide = tuple(slice(max(side.start - 1, 0), side.stop + 1) for side in box)
                yield wide, self.labels[wide] == value


@dataclass(frozen=True)
class Patient(Structures):
    """A label map and how its structures look in a CT.

    Attributes:
        appearance: What `sample_appearance` drew.
    """

    appearance: Appearance
