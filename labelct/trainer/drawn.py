"""The batches of a run whose volumes are drawn while it trains, so that hardly any patch is seen twice."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset

from labelct.streaming import SyntheticVolumes
from labelct.trainer.cutting import Batches
from labelct.trainer.region import Region
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
        region: The part of each volume that patches are cut from; None: all of it.
    """

    volumes: SyntheticVolumes
    patches: Batches[Any]
    ranks: int = 1
    region: Region | None = None
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

    @cached_property
    def _form(self) -> Form:
        """What a drawn volume is brought to; none has voxels to ignore."""
        patches = self.patches
        model = {"labels": patches.labels, "spacing": patches.spacing, "intensity": patches.intensity_properties}
        return Form.of(model, self.region)

    def _case(self, number: int) -> LoadedCase:
        place = number // self.ranks % VOLUMES_IN_HAND
        held = self._held.get(place)
        if held is None or held[0] != number:
            drawn = self.volumes.volume(number)
            volume = torch.as_tensor(drawn.hu), torch.as_tensor(drawn.target)
            case = on_grid(drawn.case, volume, drawn.spacing, self._form)
            held = self._held[place] = number, case
        return held[1]
