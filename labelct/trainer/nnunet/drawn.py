"""nnU-Net's training cases drawn while it trains: its loader, its preprocessing and its augmentation stay in use."""

import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.io.hounsfield import HU_RANGE
from labelct.streaming import Drawn, SyntheticVolumes
from labelct.trainer.nnunet.compat import Prepared, Preprocessor
from labelct.trainer.nnunet.preflight import in_hand

BLOCK = 2**32  # numbers of an epoch: no training draws as many volumes in one, and 2**31 epochs fit into an int64


def preprocessed(drawn: Drawn, preprocessor: Preprocessor) -> Prepared:
    """Bring a volume to the plans' grid and intensities, exactly as if it had been stored and read by nnU-Net.

    Args:
        drawn: The volume; what a file would round is rounded.
        preprocessor: That of the training.

    Returns:
        Image and labels `(1, z, y, x)` after nnU-Net's transposition, and its properties with `class_locations`.
    """
    stored = np.rint(drawn.hu).clip(*HU_RANGE)
    image, labels = (array.transpose(2, 1, 0)[None].astype(np.float32) for array in (stored, drawn.target))
    return preprocessor.run(image, labels, [float(np.float32(size)) for size in drawn.spacing[::-1]])


@dataclass
class Held:
    """A volume in hand, and how many patches it has still to give."""

    case: Prepared
    left: int


class DrawnCases:
    """What nnU-Net's loader takes for a folder of preprocessed cases: `identifiers` and `load_case`.

    For each patch the loader picks one of the identifiers by chance, as it does among stored cases.  Each stands for a
    volume in the hand of the worker; when it has given `data.patches` patches, the next number takes its place.

    The worker processes of a training share one counter, so that no number is drawn twice.  Epoch `e` counts on from
    `(2 e + 1) BLOCK`, and what is drawn ahead of the first epoch of a (resumed) run from `2 e BLOCK`: a resumed
    training never sees the volumes of the epochs before, and without workers exactly those it would have seen.

    Attributes:
        identifiers: One for each volume in hand.
    """

    def __init__(
        self,
        volumes: SyntheticVolumes,
        prepare: Callable[[Drawn], Prepared],
        workers: int,
        epoch: int,
        rank: int = 0,
        ranks: int = 1,
    ) -> None:
        """Begin at an epoch.

        Args:
            volumes: What is drawn.
            prepare: The preprocessing.
            workers: Processes that will share the counter; 0 for this one alone.
            epoch: The first epoch, counted from 0.
            rank: Number of the training process under DDP.
            ranks: How many there are; each draws numbers of its own.
        """
        self.identifiers = [f"drawn_{number}" for number in range(in_hand(workers))]
        self._volumes, self._prepare, self._rank, self._ranks = volumes, prepare, rank, ranks
        self._next = multiprocessing.Value("q", 2 * epoch * BLOCK)
        self._held: dict[str, Held] = {}

    def begin(self, epoch: int) -> None:
        """Let all processes go on with the numbers of `epoch`; what this one holds of the epoch before is dropped."""
        with self._next.get_lock():
            self._next.value = max(self._next.value, (2 * epoch + 1) * BLOCK)
        self._held.clear()

    def load_case(self, identifier: str) -> tuple[NDArray[np.float32], NDArray[np.integer], None, dict[str, Any]]:
        """Return image and labels `(1, z, y, x)`, no labels of an earlier stage, and properties, as nnU-Net's do."""
        held = self._held.get(identifier)
        if held is None or not held.left:
            held = self._held[identifier] = Held(self._draw(), self._volumes.patches)
        held.left -= 1
        image, labels, properties = held.case
        return image, labels, None, properties

    def _draw(self) -> Prepared:
        with self._next.get_lock():
            ticket = self._next.value
            self._next.value += 1
        return self._prepare(self._volumes.volume(ticket * self._ranks + self._rank))
