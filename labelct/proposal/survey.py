"""What lies in label maps: their grids, and how many voxels each value has; and what is no label map."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError
from labelct.io import itk, nifti
from labelct.io.label_values import why_no_labels
from labelct.parallel import ParallelSettings, map_cases

FULL = 0.99  # share of a volume that no single structure fills
FEW = 12  # files that one process reads sooner than others start
INSTEAD = "give a folder of label maps: whole numbers from 0 up, one for each structure"


class Look(NamedTuple):
    """One file.

    Attributes:
        path: The file.
        shape: `(x, y, z)` voxels.
        spacing: `(x, y, z)` mm.
        voxels: How many voxels each value above 0 has; empty for an image.
        image: Why it is an image and no label map; empty where it is one.
    """

    path: Path
    shape: tuple[int, ...]
    spacing: tuple[float, ...]
    voxels: dict[int, int]
    image: str

    @property
    def extent(self) -> tuple[float, ...]:
        """Its size `(x, y, z)` in mm."""
        return tuple(voxels * mm for voxels, mm in zip(self.shape, self.spacing, strict=True))

    @property
    def is_binary(self) -> bool:
        """Whether it has one value besides 0."""
        return not self.image and len(self.voxels) <= 1


def look(path: Path) -> Look:
    """Look into one file.

    Raises:
        InputError: It cannot be read.
    """
    if itk.is_itk(path):
        label_map = itk.read_label_map(path)
        array, affine = label_map.array, label_map.affine
    else:
        array, affine = nifti.read_array(path)
    spacing = tuple(float(length) for length in np.linalg.norm(affine[:3, :3], axis=0))
    image = why_no_labels(array)
    counts = {} if image else _count(nifti.as_label_map(path, array))
    return Look(path, tuple(array.shape), spacing, counts, image)


def survey(paths: Sequence[Path]) -> list[Look]:
    """Look into label maps.

    Raises:
        InputError: One cannot be read, is an image, or is filled by its only label; or all of them are empty.
    """
    workers = 1 if len(paths) <= FEW else 0
    looks = map_cases(look, paths, ParallelSettings(workers=workers), "label maps")
    for seen in looks:
        check(seen)
    if not any(seen.voxels for seen in looks):
        raise InputError(paths[0].parent, f"its {len(paths)} label maps hold no label, all voxels are 0", INSTEAD)
    return looks


def check(seen: Look) -> None:
    """Raise `InputError` where a file is no label map, or one whose only label fills it."""
    if seen.image:
        raise InputError(seen.path, f"is an image and no label map: {seen.image}", INSTEAD)
    filled = sum(seen.voxels.values()) / max(1, int(np.prod(seen.shape)))
    if len(seen.voxels) == 1 and filled > FULL:
        (value,) = seen.voxels
        problem = f"its only label {value} fills {100 * filled:.0f} % of the volume: there is nothing to tell it from"
        raise InputError(seen.path, problem, "give label maps with 0 where no structure lies")


def _count(labels: NDArray[np.unsignedinteger]) -> dict[int, int]:
    counts = np.zeros(int(labels.max(initial=0)) + 1, np.int64)
    for chunk in labels:
        counts += np.bincount(chunk.ravel(), minlength=len(counts))
    return {int(value): int(counts[value]) for value in np.flatnonzero(counts) if value}
