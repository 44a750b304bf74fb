"""The volumes of a training set in memory, on the network's grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from labelct.dataset import Case
from labelct.errors import InputError
from labelct.io.nifti import read_label_map, read_volume
from labelct.parallel import ParallelSettings, map_cases
from labelct.trainer.unet.resampling import resample, resample_labels, shape_at

CENTRES = 20_000  # of a label: enough that patches lie everywhere in it, and 240 kB


@dataclass(frozen=True)
class LoadedCase:
    """One case, ready to be cut into patches.

    Attributes:
        name: Name of the case.
        hu: `(x, y, z)` int16, rounded HU.
        labels: `(x, y, z)` uint8.
        centres: Up to 20 000 voxel indices `(n, 3)` of each label value that occurs, evenly spread.
    """

    name: str
    hu: NDArray[np.int16]
    labels: NDArray[np.uint8]
    centres: dict[int, NDArray[np.int32]]


def load_cases(
    cases: Sequence[Case], spacing: Sequence[float], values: Sequence[int], threads: int, description: str
) -> list[LoadedCase]:
    """Read `cases` in parallel threads, under a progress bar.

    Args:
        cases: Images and labels.
        spacing: Voxel size `(x, y, z)` of the network's grid, mm.
        values: Label values of the targets.
        threads: Threads; 0 takes every core.
        description: What the progress bar says.
    """
    load = partial(load_case, spacing=spacing, values=values)
    return map_cases(load, cases, ParallelSettings(workers=threads, backend="threading"), description)


def load_case(case: Case, spacing: Sequence[float], values: Sequence[int]) -> LoadedCase:
    """Read one case and bring it to the voxel size `spacing` (mm).

    Raises:
        InputError: Image and labels differ in shape, or a label value is no target.
    """
    image, label = read_volume(case.image), read_label_map(case.label, {value: str(value) for value in values})
    if image.array.shape != label.array.shape:
        shapes = f"shape {label.array.shape} differs from {image.array.shape} of {case.image.name}"
        raise InputError(case.label, shapes, "make the training set again")
    return on_grid(
        case.name, image.array.astype(np.float32), label.array.astype(np.uint8), image.spacing, spacing, values
    )


def on_grid(
    name: str,
    hu: NDArray[np.float32],
    labels: NDArray[np.uint8],
    own: Sequence[float],
    spacing: Sequence[float],
    values: Sequence[int],
) -> LoadedCase:
    """Bring a volume and its labels to the network's grid.

    Args:
        name: Name of the case.
        hu: `(x, y, z)` HU.
        labels: `(x, y, z)` label values.
        own: Their voxel size in mm.
        spacing: That of the network's grid.
        values: Label values of the targets.
    """
    shape = shape_at(hu.shape, own, spacing)
    rounded = np.rint(resample(hu, shape)).clip(-1024, 32767).astype(np.int16)
    labels = resample_labels(labels, shape, values)
    return LoadedCase(name, rounded, labels, {value: index for value in values if len(index := _spread(labels, value))})


def _spread(labels: NDArray[np.uint8], value: int) -> NDArray[np.int32]:
    flat = np.flatnonzero(labels == value)
    flat = flat[:: max(1, -(-flat.size // CENTRES))]
    return np.stack(np.unravel_index(flat, labels.shape), axis=1).astype(np.int32)
