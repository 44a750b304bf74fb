"""The volumes of a training set in memory, on the network's grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

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
        hu: `(x, y, z)` int16, rounded HU, on the CPU or on a GPU.
        labels: `(x, y, z)` uint8, on the same device.
        centres: Up to 20 000 voxel indices `(n, 3)` of each label value that occurs, evenly spread.
    """

    name: str
    hu: Tensor
    labels: Tensor
    centres: dict[int, NDArray[np.int32]]

    @property
    def nbytes(self) -> int:
        """The memory of image and labels."""
        return self.hu.nbytes + self.labels.nbytes

    def to(self, device: torch.device) -> LoadedCase:
        """Return the case with its image and labels on a device."""
        return replace(self, hu=self.hu.to(device), labels=self.labels.to(device))


def load_cases(
    cases: Sequence[Case],
    spacing: Sequence[float],
    values: Sequence[int],
    threads: int,
    description: str,
    ignore: int | None = None,
) -> list[LoadedCase]:
    """Read `cases` in parallel threads, under a progress bar.

    Args:
        cases: Images and labels.
        spacing: Voxel size `(x, y, z)` of the network's grid, mm.
        values: Label values of the targets.
        threads: Threads; 0 takes every core.
        description: What the progress bar says.
        ignore: Label value that no loss shall see; None: there is none.
    """
    load = partial(load_case, spacing=spacing, values=values, ignore=ignore)
    return map_cases(load, cases, ParallelSettings(workers=threads, backend="threading"), description)


def load_case(case: Case, spacing: Sequence[float], values: Sequence[int], ignore: int | None = None) -> LoadedCase:
    """Read one case and bring it to the voxel size `spacing` (mm).

    Raises:
        InputError: Image and labels differ in shape, or a label value is no target.
    """
    known = {value: str(value) for value in (*values, *([] if ignore is None else [ignore]))}
    image, label = read_volume(case.image), read_label_map(case.label, known)
    if image.array.shape != label.array.shape:
        shapes = f"shape {label.array.shape} differs from {image.array.shape} of {case.image.name}"
        raise InputError(case.label, shapes, "make the training set again")
    hu, labels = torch.from_numpy(image.array.astype(np.float32)), torch.from_numpy(label.array.astype(np.uint8))
    return on_grid(case.name, (hu, labels), image.spacing, spacing, values, ignore)


def on_grid(
    name: str,
    volume: tuple[Tensor, Tensor],
    own: Sequence[float],
    spacing: Sequence[float],
    values: Sequence[int],
    ignore: int | None = None,
) -> LoadedCase:
    """Bring a volume and its labels to the network's grid, on the device where they are.

    Args:
        name: Name of the case.
        volume: HU `(x, y, z)` float32 and label values `(x, y, z)` uint8.
        own: Their voxel size in mm.
        spacing: That of the network's grid.
        values: Label values of the targets.
        ignore: Label value that is kept beside them, and is no place to cut at; None: there is none.
    """
    hu, labels = volume
    shape = shape_at(hu.shape, own, spacing)
    rounded = resample(hu, shape).round().clamp(-1024, 32767).to(torch.int16)
    labels = resample_labels(labels, shape, values if ignore is None else [*values, ignore])
    return LoadedCase(name, rounded, labels, {value: index for value in values if len(index := _spread(labels, value))})


def _spread(labels: Tensor, value: int) -> NDArray[np.int32]:
    flat = (labels.flatten() == value).nonzero()[:, 0]
    flat = flat[:: max(1, -(-len(flat) // CENTRES))]
    index: NDArray[np.int32] = torch.stack(torch.unravel_index(flat, labels.shape), 1).to(torch.int32).cpu().numpy()
    return index
