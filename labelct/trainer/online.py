"""The batches of a U-Net whose volumes are drawn while it trains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from torch import Tensor
from torch.utils.data import Dataset

from labelct.streaming import SyntheticVolumes
from labelct.trainer.normalisation import Intensity
from labelct.trainer.patches import Patches
from labelct.trainer.settings import UNetSettings
from labelct.trainer.volumes import LoadedCase, on_grid

LANES = 8


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
        uses = -(-self.volumes.patches // self.settings.batch)
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
