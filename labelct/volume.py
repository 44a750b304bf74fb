"""Arrays on a scanner grid: what every reader returns and every stage passes on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Volume:
    """An array with its place in the world.

    Attributes:
        array: `(x, y, z)`, RAS+ (x grows to the patient's right, y to the front, z to the head); float32 HU for CT.
        affine: `(4, 4)` float64, voxel index to RAS+ millimetres; diagonal up to rotation.
    """

    array: NDArray[np.generic]
    affine: NDArray[np.float64]

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Voxel size `(x, y, z)` in mm."""
        x, y, z = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(x), float(y), float(z)


@dataclass(frozen=True)
class LabelMap(Volume):
    """A volume of unsigned label values with their names; 0 is what no name covers."""

    names: Mapping[int, str] = field(default_factory=dict)

    def value_of(self, name: str) -> int | None:
        """Return the value whose name is `name`, or None."""
        return next((value for value, known in self.names.items() if known == name), None)
