"""What a volume is painted from: a label map deformed, with lesions, and the CT that goes along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from labelct.synthesis.deform import deform, swap_sides
from labelct.synthesis.lesions import place_lesions


@dataclass(frozen=True)
class Anatomy:
    """The label map that a volume is painted from: deformed, with lesions.

    Attributes:
        label_map: `(x, y, z)` label values.
        spacing: Voxel size in mm.
        names: Names of the values; sides swapped in a mirror image.
    """

    label_map: NDArray[Any]
    spacing: Sequence[float]
    names: Mapping[int, str]


def prepare(given: Anatomy, params: Mapping[str, Any], threads: int = 1) -> Anatomy:
    """Return the anatomy deformed, sides swapped in a mirror image, and with lesions.

    Args:
        given: As it was read.
        params: `deform` and `lesions`, of `recipe.sample_recipe`.
        threads: Threads to spread over.
    """
    deformation = params.get("deform")
    flipped = deformation is not None and deformation["flip"]
    names = swap_sides(given.names) if flipped else given.names
    label_map = deform(given.label_map, given.spacing, deformation, 0, threads)
    label_map, names = place_lesions(label_map, given.spacing, names, params.get("lesions"))
    return Anatomy(label_map, given.spacing, names)
