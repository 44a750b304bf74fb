"""How a volume comes about, by one rule whether it is stored, drawn while a network trains, or made again.

load -> draw -> scan: a case is read onto its grid, a recipe draws and paints it, a scanner scans it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from labelct.accelerator import why_not, within_memory
from labelct.cohort.base import Subject
from labelct.cohort.grid import regrid
from labelct.errors import InputError, SettingError
from labelct.mr import shown
from labelct.scanner.scan import Acquisition, sample_scan, scan
from labelct.synthesis.case import Case
from labelct.synthesis.kernels import Voxels
from labelct.synthesis.recipe import Recipe
from labelct.targets import LARGEST_VALUE
from labelct.volume import LabelMap

SYNTHESIS, SCAN, DRAWN, BODY = 1, 2, 4, 5  # which stream of a seed a draw is from; 3 are the patches
BYTES_PER_VOXEL, SLABS = 25, 2**30  # what a volume in the making takes on a device: by its size, and whatever that is


def entropy(seed: int, stream: int, case: str, number: int) -> list[int]:
    """Return what seeds a random stream of one volume, whatever the order of cases and the number of workers.

    Args:
        seed: Of the data.
        stream: `SYNTHESIS`, `SCAN` or `DRAWN`.
        case: Name of the case.
        number: Replicate, or number of the drawn volume.
    """
    return [seed, stream, crc32(case.encode()), number]


@dataclass(frozen=True)
class Loaded:
    """A case on the grid that its volumes are made on.

    Attributes:
        case: Label map, and the CT or MR where the recipe looks at it.
        affine: `(4, 4)`, voxel index to mm.
        source: Digests of what the files hold, `label_map`, `ct`, and `mr` where it is read; a replay compares them.
    """

    case: Case
    affine: NDArray[np.float64]
    source: dict[str, str | None]


@dataclass(frozen=True)
class Sampler:
    """Makes volumes of cases.

    Attributes:
        recipe: What is painted.
        acquisition: What scans it.
        device: Where volumes are made: `cpu` (NumPy arrays, compiled kernels) or a device of torch, as `cuda:0`
            (tensors). A seed draws the same there: labels are the same bit for bit, HU up to float rounding.
    """

    recipe: Recipe
    acquisition: Acquisition
    device: str = "cpu"

    def load(self, subject: Subject) -> Loaded:
        """Read a case, and keep it where volumes are made; its image only where that makes a difference.

        Raises:
            InputError: A file cannot be read, or no label value is left for what no loss shall see.
        """
        data = self.recipe.data
        label_map = subject.label_map()
        ct = subject.load_ct() if subject.load_ct and self.recipe.reads_ct() else None
        mr = subject.load_mr() if subject.load_mr and self.recipe.kind.image == "mr" else None
        if self.recipe.kind.image is None or label_map.ignored is None or not label_map.ignored.any():
            label_map = replace(label_map, ignored=None)
        elif self.recipe.targets.ignore > LARGEST_VALUE:
            problem = f"holds voxels that are labelled `ignore`, and {len(self.recipe.targets)} targets leave no value"
            raise InputError(subject.files[0], problem, f"choose at most {LARGEST_VALUE - 1}")
        source = {"label_map": _digest_of(label_map), "ct": None if ct is None else digest(ct.array)}
        if mr is not None:
            source["mr"] = digest(mr.array)
            mr = shown(mr, data.mr)
        padding = 0.0 if subject.load_ct else data.superior_padding_mm
        label_map, image = regrid(label_map, mr if ct is None else ct, data.spacing, padding, data.interpolation)
        values = None if image is None else image.array
        images: dict[str, Any] = {"mr": values} if mr is not None else {"ct": values}
        case = Case(label_map.array, label_map.spacing, label_map.names, ignored=label_map.ignored, **images)
        if self.recipe.reads_atlases:
            kinds: dict[str, Any] = {
                kind: _cases(kind, getattr(subject, kind), source) for kind in ("whole", "completed")
            }
            case = replace(case, **kinds)
        return Loaded(case if self.device == "cpu" else case.on(self.device), label_map.affine, source)

    def volume(self, case: Case, rng: np.random.Generator) -> tuple[Voxels, Voxels]:
        """Return a scanned volume of a case, `(x, y, z)` HU, and its target; everything is drawn from one source.

        Raises:
            InputError: The device's memory is full.
        """
        if self.device == "cpu":
            return self._drawn(case, rng)
        shape = case.label_map.shape
        what = f"a volume of {' x '.join(map(str, shape))} on {self.device}"
        need, remedy = BYTES_PER_VOXEL * math.prod(shape) + SLABS, "set a larger data.spacing, or make it on cpu"
        with within_memory(what, need, remedy):
            return self._drawn(case, rng)

    def _drawn(self, case: Case, rng: np.random.Generator) -> tuple[Voxels, Voxels]:
        synthetic = self.recipe.draw(case, rng)
        return scan(synthetic.volume, case.spacing, self.acquisition, sample_scan(rng)), synthetic.target

    @property
    def scans_on_cpu(self) -> bool:
        """Whether scans are the CPU's work, wherever volumes are made."""
        return self.acquisition.scanner.kind == "helical" and self.acquisition.backend == "numba"

    def on(self, device: str) -> Sampler:
        """Return the sampler that makes volumes on another device.

        Raises:
            SettingError: The device is not there.
        """
        check_device(device)
        return replace(self, device=device)

    def without_drop(self) -> Sampler:
        """Return the sampler that pastes every label."""
        return replace(self, recipe=self.recipe.without_drop())


def _cases(kind: str, loaders: Mapping[str, Callable[[], LabelMap]], source: dict[str, str | None]) -> dict[str, Case]:
    """Read label maps that may stand in for that of a case, and note their digests in `source`."""
    maps = {name: load() for name, load in loaders.items()}
    source |= {f"{kind} {name}": digest(label_map.array) for name, label_map in maps.items()}
    return {name: Case(one.array, one.spacing, one.names) for name, one in maps.items()}


def check_device(name: str) -> None:
    """Raise `SettingError` where volumes cannot be made on a device."""
    if name == "cpu":
        return
    import torch

    try:
        device = torch.device(name)
    except RuntimeError:
        raise SettingError("device", name, "cpu, or a GPU as cuda:0") from None
    reason = why_not(number=device.index or 0) if device.type == "cuda" else None
    if reason:
        raise SettingError("device", name, "cpu on this machine", reason)


def _digest_of(label_map: LabelMap) -> str:
    """Return the digest of a label map, and of what is ignored where anything is."""
    array, ignored = label_map.array, label_map.ignored
    return digest(array if ignored is None else np.stack([array, ignored]))


def digest(array: NDArray[Any]) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 over the voxels of an array."""
    return hashlib.sha256(np.ascontiguousarray(array).view(np.uint8).data).hexdigest()[:16]
