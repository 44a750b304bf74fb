"""The volumes of a training set in memory, on the network's grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from labelct.dataset import StoredCase
from labelct.errors import InputError
from labelct.io.nifti import read_label_map, read_volume
from labelct.parallel import ParallelSettings, map_cases
from labelct.trainer.normalisation import IntensityProperties, in_steps, of_volume
from labelct.trainer.region import Region, box_of_voxels, within
from labelct.trainer.resampling import grid_spacing, resample, resample_labels, shape_at

CENTRES = 20_000  # of a label: enough that patches lie everywhere in it, and 240 kB


@dataclass(frozen=True)
class LoadedCase:
    """One case, ready to be cut into patches.

    Attributes:
        name: Name of the case.
        hu: `(x, y, z)` int16, rounded HU (ten thousandths of the volume's own window where it is normalised by
            itself), on the CPU or on a GPU.
        labels: `(x, y, z)` uint8, on the same device.
        centres: Up to 20 000 voxel indices `(n, 3)` of each label value that occurs and that patches are centred on,
            evenly spread.
        properties: The volume's own normalisation; None: that of the training.
    """

    name: str
    hu: Tensor
    labels: Tensor
    centres: dict[int, NDArray[np.int32]]
    properties: IntensityProperties | None = None

    @property
    def nbytes(self) -> int:
        """The memory of image and labels."""
        return self.hu.nbytes + self.labels.nbytes

    def to(self, device: torch.device) -> LoadedCase:
        """Return the case with its image and labels on a device."""
        return replace(self, hu=self.hu.to(device), labels=self.labels.to(device))


@dataclass(frozen=True)
class Form:
    """What volumes are brought to before patches are cut from them.

    Attributes:
        spacing: Voxel size `(x, y, z)` of the network's grid, mm; 0 keeps the volume's own along an axis.
        values: Label values of the targets.
        ignore: Label value that is kept beside them, and is no place to cut at; None: there is none.
        by_volume: Whether every volume is normalised by its own intensities.
        region: What is kept of a volume that holds any of its targets; None: all.
        centred: Label values that patches are centred on; empty: all `values`.
    """

    spacing: tuple[float, ...]
    values: tuple[int, ...]
    ignore: int | None = None
    by_volume: bool = False
    region: Region | None = None
    centred: tuple[int, ...] = ()

    @classmethod
    def of(cls, model: Mapping[str, Any], region: Region | None = None) -> Form:
        """Return what `model.json` says, for a training within a region; None: in whole volumes."""
        labels, by_volume = model["labels"], model["intensity"] is None
        centred = () if region is None else tuple(labels[name] for name in region.targets)
        return cls(tuple(model["spacing"]), tuple(labels.values()), model.get("ignore"), by_volume, region, centred)


def load_cases(cases: Sequence[StoredCase], form: Form, threads: int, description: str) -> list[LoadedCase]:
    """Read `cases` in parallel threads, under a progress bar.

    Args:
        cases: Images and labels.
        form: What they are brought to.
        threads: Threads; 0 takes every core.
        description: What the progress bar says.
    """
    parallel = ParallelSettings(workers=threads, backend="threading")
    return map_cases(partial(load_case, form=form), cases, parallel, description)


def load_case(case: StoredCase, form: Form) -> LoadedCase:
    """Read one case and bring it to the network's grid.

    Raises:
        InputError: Image and labels differ in shape, or a label value is no target.
    """
    known = {value: str(value) for value in (*form.values, *([] if form.ignore is None else [form.ignore]))}
    image, label = read_volume(case.image), read_label_map(case.label, known)
    if image.array.shape != label.array.shape:
        shapes = f"shape {label.array.shape} differs from {image.array.shape} of {case.image.name}"
        raise InputError(case.label, shapes, "make the training set again")
    hu, labels = torch.from_numpy(image.array.astype(np.float32)), torch.from_numpy(label.array.astype(np.uint8))
    return on_grid(case.name, (hu, labels), image.spacing, form)


def on_grid(name: str, volume: tuple[Tensor, Tensor], own: Sequence[float], form: Form) -> LoadedCase:
    """Bring a volume and its labels to the network's grid, on the device where they are.

    Args:
        name: Name of the case.
        volume: HU `(x, y, z)` float32 and label values `(x, y, z)` uint8.
        own: Their voxel size in mm.
        form: What they are brought to.
    """
    hu, labels = volume
    properties = None
    if form.by_volume:
        hu, properties = in_steps(hu, of_volume(hu.cpu().numpy()))
    shape = shape_at(hu.shape, own, grid_spacing(own, form.spacing))
    rounded = resample(hu, shape).round().clamp(-1024, 32767).to(torch.int16)
    labels = resample_labels(labels, shape, form.values if form.ignore is None else [*form.values, form.ignore])
    centres = {value: index for value in form.centred or form.values if len(index := _spread(labels, value))}
    case = LoadedCase(name, rounded, labels, centres, properties)
    return case if form.region is None else _cropped(case, form.region, grid_spacing(own, form.spacing))


def _cropped(case: LoadedCase, region: Region, spacing: Sequence[float]) -> LoadedCase:
    """Return the part of a case that lies in a region, all of it where it holds none of the region's targets."""
    if not case.centres:
        return case
    box = within(region.around(box_of_voxels(*case.centres.values()), spacing), case.hu.shape)
    start = np.array([span.start for span in box], np.int32)
    centres = {value: index - start for value, index in case.centres.items()}
    return replace(case, hu=case.hu[box].clone(), labels=case.labels[box].clone(), centres=centres)


def _spread(labels: Tensor, value: int) -> NDArray[np.int32]:
    flat = (labels.flatten() == value).nonzero()[:, 0]
    flat = flat[:: max(1, -(-len(flat) // CENTRES))]
    index: NDArray[np.int32] = torch.stack(torch.unravel_index(flat, labels.shape), 1).to(torch.int32).cpu().numpy()
    return index
