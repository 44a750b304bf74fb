"""Arrays on a scanner grid: what every reader returns and every stage passes on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

IGNORE = "ignore"  # nnU-Net's name of the label that takes part in no loss: nobody said what its voxels are


@dataclass(frozen=True)
class Frame:
    """How a file stores a volume: what it takes to write an array of the same grid the way the file has it.

    Attributes:
        shape: Of the stored array, in the order of the file's axes; axes beyond three have length 1.
        affine: `(4, 4)` float64, index of the stored array to RAS+ mm.
        header: The header block of a NIfTI file (codes, units, names); empty for other formats.
    """

    shape: tuple[int, ...]
    affine: NDArray[np.float64]
    header: bytes = b""


@dataclass(frozen=True)
class Volume:
    """An array with its place in the world.

    Attributes:
        array: `(x, y, z)`, RAS+ (x grows to the patient's right, y to the front, z to the head); float32 HU for CT.
        affine: `(4, 4)` float64, voxel index to RAS+ millimetres; diagonal up to rotation.
        frame: How the file that it was read from stores it; None where it was not read from one.
    """

    array: NDArray[np.generic]
    affine: NDArray[np.float64]
    frame: Frame | None = field(default=None, kw_only=True)

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Voxel size `(x, y, z)` in mm."""
        x, y, z = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(x), float(y), float(z)


@dataclass(frozen=True)
class LabelMap(Volume):
    """A volume of unsigned label values with their names; 0 is what no name covers.

    Attributes:
        names: Name of each value.
        ignored: `(x, y, z)`, True where nobody said what a voxel is, which has the value 0 too; None: nowhere.
    """

    names: Mapping[int, str] = field(default_factory=dict)
    ignored: NDArray[np.bool_] | None = field(default=None, kw_only=True)

    def value_of(self, name: str) -> int | None:
        """Return the value whose name is `name`, or None."""
        return next((value for value, known in self.names.items() if known == name), None)
