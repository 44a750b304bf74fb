"""Training volumes drawn while the network trains: every one is new, and each number always stands for the same one."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import count
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info

from labelct.cohort.base import Subject
from labelct.errors import SettingError
from labelct.parallel import ParallelSettings, map_cases
from labelct.sampler import DRAWN, Loaded, Sampler, check_device, entropy
from labelct.scanner.settings import ScannerSettings
from labelct.synthesis.kernels import Voxels
from labelct.synthesis.recipes import RECIPES
from labelct.synthesis.settings import DataSettings

FILE = "volumes.pickle"


@dataclass(frozen=True)
class Drawn:
    """One new volume.

    Attributes:
        case: Whose label map it was made from.
        hu: `(x, y, z)` float32 HU; a NumPy array, or a tensor on the sampler's device where that is not the CPU.
        target: `(x, y, z)` uint8, 1 for the first target; likewise.
        spacing: Voxel size `(x, y, z)` in mm.
    """

    case: str
    hu: Voxels
    target: Voxels
    spacing: tuple[float, float, float]


@dataclass
class SyntheticVolumes:
    """Volumes without end, by number.

    Label maps, and CT where the recipe looks at them, are read once in each process and kept; `load` reads them ahead,
    for processes that are forked later to share. On a GPU they stay in its memory.

    Attributes:
        subjects: Where the label maps come from; every pass over them has an order of its own.
        make: Makes the sampler; called when the first volume is drawn, since its clips may take long to make and a
            training that is finished needs none.
    """

    subjects: tuple[Subject, ...]
    make: Callable[[], Sampler]
    _cases: dict[int, Loaded] = field(default_factory=dict, repr=False)

    @cached_property
    def sampler(self) -> Sampler:
        """What makes volumes of the subjects."""
        return self.make()

    @property
    def patches(self) -> int:
        """How many patches a volume gives before it is thrown away."""
        return self.sampler.recipe.data.patches

    def volume(self, number: int) -> Drawn:
        """Return the volume of a number, 0 or more; the seed is `data.seed`."""
        turn, place = divmod(number, len(self.subjects))
        return self._drawn(int(self._order(turn)[place]), number)

    def of_subject(self, index: int, turn: int) -> Drawn:
        """Return the volume that is made of a subject in the `turn`-th pass over all of them, from 0."""
        place = int(np.flatnonzero(self._order(turn) == index)[0])
        return self._drawn(index, turn * len(self.subjects) + place)

    def on(self, device: str) -> SyntheticVolumes:
        """Return the same volumes, made on another device.

        Args:
            device: `cpu`, or one of torch as `cuda:0`.

        Raises:
            SettingError: The device is not there.
        """
        check_device(device)
        return SyntheticVolumes(self.subjects, partial(_on, self, device))

    def load(self, bar: bool = True) -> None:
        """Read all that volumes are drawn from.

        Args:
            bar: Whether a bar shows how far it is; without one, the label maps are read one after another.
        """
        _ = self.sampler  # made once here, not by each of the threads
        numbers = range(len(self.subjects))
        if bar:
            map_cases(self._load, numbers, ParallelSettings(backend="threading"), "label maps")
        else:
            for number in numbers:
                self._load(number)

    def _order(self, turn: int) -> NDArray[np.int64]:
        """Return the subjects in the order of a pass over them."""
        return np.random.default_rng([self.sampler.recipe.data.seed, DRAWN, turn]).permutation(len(self.subjects))

    def _drawn(self, index: int, number: int) -> Drawn:
        name, case = self.subjects[index].case, self._load(index).case
        rng = np.random.default_rng(entropy(self.sampler.recipe.data.seed, DRAWN, name, number))
        return Drawn(name, *self.sampler.volume(case, rng), case.spacing)

    def _load(self, index: int) -> Loaded:
        if index not in self._cases:
            self._cases[index] = self.sampler.load(self.subjects[index])
        return self._cases[index]


def _on(volumes: SyntheticVolumes, device: str) -> Sampler:
    return volumes.sampler.on(device)


def check(data: DataSettings, scanner: ScannerSettings) -> None:
    """Raise `SettingError` where volumes cannot be drawn while a network trains."""
    if not RECIPES[data.kind].draws:
        reason = "there is one image a case, nothing is drawn"
        raise SettingError("data.mode", "online", f"offline with data={data.kind}", reason)
    if scanner.kind == "helical" and scanner.mode == "full":
        allowed = "scanner=image, scanner=none or scanner.mode=noise_only"
        reason = "a full scan takes longer than the training step it is for"
        raise SettingError("data.mode", "online", allowed, reason)


@contextmanager
def shared(volumes: SyntheticVolumes | None, folder: Path) -> Iterator[str | None]:
    """Keep what is drawn from in a file, for the other processes of a training to find; yield its name."""
    if volumes is None:
        yield None
        return
    path = folder / FILE
    _ = volumes.sampler  # made once here, not in each process
    path.write_bytes(pickle.dumps(volumes))
    yield FILE
    path.unlink()


def read_shared(folder: Path, name: str | None) -> SyntheticVolumes | None:
    """Return what `shared` keeps in `folder` under `name`."""
    if name is None:
        return None
    volumes: SyntheticVolumes = pickle.loads((folder / name).read_bytes())
    return volumes


class VolumeStream(IterableDataset[tuple[Tensor, Tensor]]):
    """New volumes without end for a `DataLoader`; their order depends on the seed alone, not on the workers.

    Worker `w` of `n` makes the numbers `start + w`, `start + w + n`, ..., and the loader asks its workers in turn. On a
    GPU the loader's own process makes all of them (`num_workers=0`).
    """

    def __init__(self, volumes: SyntheticVolumes, start: int = 0, device: str = "cpu") -> None:
        """Begin at volume `start`.

        Args:
            volumes: What is drawn.
            start: Number of the first volume, to go on where an earlier stream ended.
            device: Where volumes are made and left, `cpu` or one of torch as `cuda:0`.

        Raises:
            SettingError: The device is not there.
        """
        super().__init__()
        self.volumes, self.start, self.device = volumes.on(device), start, device

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield image `(1, x, y, z)` float32 HU and labels `(1, x, y, z)` uint8, on the device.

        Raises:
            SettingError: A worker of the loader is asked for volumes on a GPU.
        """
        worker = get_worker_info()
        if worker is not None and self.device != "cpu":
            raise SettingError("num_workers", worker.num_workers, f"0 with device={self.device}", "volumes stay there")
        first, step = (0, 1) if worker is None else (worker.id, worker.num_workers)
        for number in count(self.start + first, step):
            drawn = self.volumes.volume(number)
            yield torch.as_tensor(drawn.hu)[None], torch.as_tensor(drawn.target)[None]
