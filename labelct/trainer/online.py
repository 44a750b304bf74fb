"""Training volumes drawn while the network trains: every one is new, and each number always stands for the same one."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from zlib import crc32

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset, IterableDataset, get_worker_info

from labelct.cohort.base import Subject
from labelct.cohort.grid import regrid
from labelct.errors import SettingError
from labelct.parallel import ParallelSettings, map_cases
from labelct.scanner.scan import Acquisition, sample_scan, scan
from labelct.scanner.settings import DoseSettings, ScannerSettings
from labelct.synthesis.bank import Bank, load_bank
from labelct.synthesis.recipe import draw_volume
from labelct.synthesis.settings import DataSettings, DropSettings, FillSettings, TextureSettings
from labelct.trainer.normalisation import Intensity
from labelct.trainer.patches import Patches
from labelct.trainer.settings import UNetSettings
from labelct.trainer.volumes import LoadedCase, on_grid
from labelct.volume import LabelMap, Volume

STREAM = 4
LANES = 8
FILE = "volumes.pickle"


@dataclass(frozen=True)
class Drawn:
    """One new volume.

    Attributes:
        case: Whose label map it was made from.
        hu: `(x, y, z)` float32 HU.
        target: `(x, y, z)` uint8, 1 for the first target.
        spacing: Voxel size `(x, y, z)` in mm.
    """

    case: str
    hu: NDArray[np.float32]
    target: NDArray[np.uint8]
    spacing: tuple[float, float, float]


@dataclass
class SyntheticVolumes:
    """Volumes without end, by number.

    Label maps, and CT where the cases have them, are read once in each process and kept; `load` reads them ahead, for
    processes that are forked later to share.

    Attributes:
        subjects: Where the label maps come from; every pass over them has an order of its own.
        targets: Names of the structures that make up each target.
        data: Recipe.
        fill: Intensity distribution.
        texture: Texture clips.
        drop: Chances of leaving labels out.
        scanner: None, noise in the image, or a helical scan with `mode=noise_only`.
        dose: Its dose.
    """

    subjects: tuple[Subject, ...]
    targets: Mapping[str, Sequence[str]]
    data: DataSettings
    fill: FillSettings
    texture: TextureSettings
    drop: DropSettings
    scanner: ScannerSettings
    dose: DoseSettings
    _maps: dict[int, tuple[LabelMap, Volume | None]] = field(default_factory=dict, repr=False)
    _bank: Bank | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        check(self.data, self.scanner)

    def volume(self, number: int) -> Drawn:
        """Return the volume of a number, 0 or more; the seed is `data.seed`."""
        turn, place = divmod(number, len(self.subjects))
        order = np.random.default_rng([self.data.seed, STREAM, turn]).permutation(len(self.subjects))
        index = int(order[place])
        subject, (label_map, ct) = self.subjects[index], self._load(index)
        rng = np.random.default_rng([self.data.seed, STREAM, crc32(subject.case.encode()), number])
        painted = draw_volume(
            label_map.array,
            label_map.spacing,
            label_map.names,
            self.targets,
            self.data,
            self.fill,
            self.texture,
            self.drop,
            self._clips(),
            rng,
            ct=None if ct is None else ct.array.astype(np.float32),
        )
        noise = sample_scan(rng)
        hu = scan(painted.volume, label_map.spacing, Acquisition(self.scanner, self.dose), noise)
        return Drawn(subject.case, hu, painted.target, label_map.spacing)

    def load(self) -> None:
        """Read all that volumes are drawn from."""
        map_cases(self._load, range(len(self.subjects)), ParallelSettings(backend="threading"), "label maps")
        self._clips()

    def _clips(self) -> Bank:
        if self._bank is None:
            self._bank = load_bank(self.texture)
        return self._bank

    def _load(self, index: int) -> tuple[LabelMap, Volume | None]:
        if index not in self._maps:
            subject = self.subjects[index]
            uses_ct = self.data.completion in ("auto", "kmeans") and self.data.kind != "synth1"
            ct = subject.load_ct() if subject.load_ct and uses_ct else None
            headroom = 0.0 if subject.load_ct else self.data.headroom_mm
            label_map, ct = regrid(subject.load_label_map(), ct, self.data.spacing, headroom)
            small = None if ct is None else Volume(np.rint(ct.array.astype(np.float32)).astype(np.int16), ct.affine)
            self._maps[index] = label_map, small
        return self._maps[index]


@contextmanager
def shared(volumes: SyntheticVolumes | None, folder: Path) -> Iterator[str | None]:
    """Keep what is drawn from in a file, for the other processes of a training to find; yield its name."""
    if volumes is None:
        yield None
        return
    path = folder / FILE
    path.write_bytes(pickle.dumps(volumes))
    yield FILE
    path.unlink()


def read_shared(folder: Path, name: str | None) -> SyntheticVolumes | None:
    """Return what `shared` keeps in `folder` under `name`."""
    if name is None:
        return None
    volumes: SyntheticVolumes = pickle.loads((folder / name).read_bytes())
    return volumes


def check(data: DataSettings, scanner: ScannerSettings) -> None:
    """Raise `SettingError` where volumes cannot be drawn while a network trains."""
    if data.kind == "clinical":
        raise SettingError(
            "data.mode", "online", "offline with data=clinical", "there is one CT a case, nothing is drawn"
        )
    if scanner.kind == "helical" and scanner.mode == "full":
        allowed = "scanner=image, scanner=none or scanner.mode=noise_only"
        raise SettingError("data.mode", "online", allowed, "a full scan takes longer than the training step it is for")


class SyntheticDataset(IterableDataset[tuple[Tensor, Tensor]]):
    """New volumes without end for a `DataLoader`; their order depends on the seed alone, not on the workers.

    Worker `w` of `n` makes the numbers `start + w`, `start + w + n`, ..., and the loader asks its workers in turn.
    """

    def __init__(self, volumes: SyntheticVolumes, start: int = 0) -> None:
        """Begin at volume `start`.

        Args:
            volumes: What is drawn.
            start: Number of the first volume, to go on where an earlier stream ended.
        """
        super().__init__()
        self.volumes, self.start = volumes, start

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield image `(1, x, y, z)` float32 HU and labels `(1, x, y, z)` uint8."""
        worker = get_worker_info()
        first, step = (0, 1) if worker is None else (worker.id, worker.num_workers)
        for number in count(self.start + first, step):
            drawn = self.volumes.volume(number)
            yield torch.from_numpy(drawn.hu)[None], torch.from_numpy(drawn.target)[None]


@dataclass
class OnlinePatches(Dataset[tuple[Tensor, Tensor]]):
    """The batches of a run, each cut from a volume that was drawn for it and a few others.

    Steps take turns among eight volumes; when one has given `data.patches` patches, the next number takes its place.
    Which volume a step sees depends on step and rank alone, so a resumed run goes on as it would have, with any number
    of workers, and no two processes of a DDP run draw the same one.

    Attributes:
        volumes: What is drawn.
        settings: Patch, batch, foreground share and augmentation.
        figures: The normalisation.
        spacing: Voxel size `(x, y, z)` of the network's grid, mm.
        labels: Value of each target by name.
        seed: Seed of the patches.
        start: Steps done before.
        rank: Number of the process under DDP.
        ranks: How many there are.
    """

    volumes: SyntheticVolumes
    settings: UNetSettings
    figures: Intensity
    spacing: Sequence[float]
    labels: Mapping[str, int]
    seed: int
    start: int = 0
    rank: int = 0
    ranks: int = 1
    _held: dict[int, tuple[int, LoadedCase]] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return self.settings.steps

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """Return image `(batch, 1, x, y, z)` and labels of the same shape for step `start + index`."""
        case = self._case(self.number(self.start + index))
        shared = (self.settings, self.figures, self.spacing, list(self.labels))
        return Patches([case], *shared, self.seed, self.start, self.rank)[index]

    def number(self, step: int) -> int:
        """Return the number of the volume that a step's batch is cut from."""
        uses = -(-self.volumes.data.patches // self.settings.batch)
        return (step // LANES // uses * LANES + step % LANES) * self.ranks + self.rank

    def _case(self, number: int) -> LoadedCase:
        lane = number // self.ranks % LANES
        held = self._held.get(lane)
        if held is None or held[0] != number:
            drawn = self.volumes.volume(number)
            values = list(self.labels.values())
            case = on_grid(drawn.case, drawn.hu, drawn.target, drawn.spacing, self.spacing, values)
            held = self._held[lane] = number, case
        return held[1]
