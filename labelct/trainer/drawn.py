"""The batches of a run whose volumes are drawn while it trains, so that hardly any patch is seen twice."""

from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset

from labelct.streaming import SyntheticVolumes
from labelct.trainer.cutting import Batches
from labelct.trainer.volumes import Form, LoadedCase, on_grid

VOLUMES_IN_HAND = 8  # volumes in turn: as many batches come from different cases, and as many are held in memory


@dataclass
class OnlinePatches(Dataset[tuple[Tensor, Tensor]]):
    """The batches of a run, each cut from a volume that was drawn for it and a few others.

    Steps take turns among eight volumes; when one has given `data.patches` patches, the next number takes its place.
    Which volume a step sees depends on step and rank alone, so a resumed run goes on as it would have, with any number
    of workers, and no two processes of a DDP run draw the same one.

    Attributes:
        volumes: What is drawn.
        patches: How patches are cut; it has no cases of its own.
        ranks: How many processes train together.
    """

    volumes: SyntheticVolumes
    patches: Batches[Any]
    ranks: int = 1
    _held: dict[int, tuple[int, LoadedCase]] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.patches)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """Return image `(batch, channel, ...)` and labels `(batch, 1, ...)` for step `start + index`."""
        case = self._case(self.number(self.patches.start + index))
        return replace(self.patches, cases=[case])[index]

    def number(self, step: int) -> int:
        """Return the number of the volume that a step's batch is cut from."""
        uses = -(-self.volumes.patches // self.patches.settings.batch)
        return (
            step // VOLUMES_IN_HAND // uses * VOLUMES_IN_HAND + step % VOLUMES_IN_HAND
        ) * self.ranks + self.patches.rank

    def _case(self, number: int) -> LoadedCase:
        place = number // self.ranks % VOLUMES_IN_HAND
        held = self._held.get(place)
        if held is None or held[0] != number:
            drawn, values = self.volumes.volume(number), tuple(self.patches.labels.values())
            volume = torch.as_tensor(drawn.hu), torch.as_tensor(drawn.target)
            form = Form(tuple(self.patches.spacing), values, by_volume=self.patches.intensity_properties is None)
            case = on_grid(drawn.case, volume, drawn.spacing, form)
            held = self._held[place] = number, case
        return held[1]
