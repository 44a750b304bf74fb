"""What the shared training loop asks of a trainer: its network and loss, what it cuts, and how it sees a volume."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from monai.networks import nets
from torch import Tensor, nn

from labelct.trainer.cutting import Batches
from labelct.trainer.settings import LoopSettings

if TYPE_CHECKING:
    from labelct.dataset import TrainingSet
    from labelct.trainer.sliding_window import Windows

Settings = TypeVar("Settings", bound=LoopSettings)


class Family(ABC, Generic[Settings]):
    """A kind of network under the shared loop; it holds no state.

    Attributes:
        schema: The dataclass of its settings.
        batches: What cuts its batches.
    """

    schema: ClassVar[type[LoopSettings]]
    batches: ClassVar[type[Batches]]

    def build(self, settings: Settings, classes: int) -> nn.Module:
        """Return a new network for a number of classes, the background counted."""
        name, arguments = self.definition(settings, classes)
        network: nn.Module = getattr(nets, name)(**arguments)
        return network

    @abstractmethod
    def definition(self, settings: Settings, classes: int) -> tuple[str, dict[str, Any]]:
        """Return the network's class in `monai.networks.nets` and its arguments, as JSON can hold them."""

    @abstractmethod
    def loss(self, ignore: int | None) -> nn.Module:
        """Return the loss of scores and labels `(batch, 1, ...)`; the label `ignore`, if there is one, is not seen."""

    @abstractmethod
    def patch(self, settings: Settings) -> tuple[int, ...]:
        """Return channels and voxels of what the network sees at once: `(channel, x, y[, z])`."""

    @abstractmethod
    def class_scores(self, network: nn.Module, image: Tensor, settings: Settings, windows: Windows) -> Tensor:
        """Return the class probabilities `(1, class, x, y, z)` of a normalised volume `(1, 1, x, y, z)`."""

    def resolved(self, settings: Settings, training_set: TrainingSet, processes: int) -> Settings:
        """Return the settings with what they leave to the training set written out; the loop reads no other."""
        return settings

    def z_padding_mm(self, settings: Settings) -> float:
        """Return over which length the end slices of a volume are repeated before it is segmented, mm."""
        return 0.0
