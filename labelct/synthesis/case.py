"""What a volume is made from: a label map with names, and the CT that goes along where there is one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True)
class Case:
    """One case on one grid.

    Attributes:
        label_map: `(x, y, z)` unsigned label values.
        spacing: Voxel size `(x, y, z)` in mm.
        names: Name of every value above 0 in the map.
        ct: `(x, y, z)` HU on the same grid, or None.
    """

    label_map: NDArray[Any]
    spacing: tuple[float, float, float]
    names: Mapping[int, str]
    ct: NDArray[Any] | None = None
