"""A training set by time: how much of its minutes is over, whatever the number of runs that they were spent in."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

AGREED_EVERY = 10  # steps: processes that train together ask the first one's clock no more often, for they wait for it


class TrainingClock(Callback):
    """Counts the time of a training, validation and compilation with it, and ends it when its minutes are over.

    The time lies in the checkpoints, so that a resumed training goes on where its checkpoint was. Processes that train
    together go by the clock of the first one: their learning rates have to be the same.

    Attributes:
        minutes: How long the training takes; None: as long as its steps do.
        share: The share of `minutes` that is over, 0 to 1; 0 without `minutes`.
    """

    def __init__(self, minutes: float | None, now: Callable[[], float] = time.monotonic) -> None:
        """Begin before the first step.

        Args:
            minutes: How long the training takes; None: as long as its steps do.
            now: The clock, s.
        """
        self.minutes, self.share = minutes, 0.0
        self._now, self._before = now, 0.0
        self._began: float | None = None

    @property
    def seconds(self) -> float:
        """How long the training has taken, the runs before this one counted."""
        return self._before + (0.0 if self._began is None else self._now() - self._began)

    @property
    def has_begun(self) -> bool:
        """Whether this process trains: whatever it goes on from has been read."""
        return self._began is not None

    @property
    def is_over(self) -> bool:
        """Whether the minutes are over."""
        return self.minutes is not None and self.seconds >= 60 * self.minutes

    def state_dict(self) -> dict[str, Any]:
        """Return the time that is over."""
        return {"seconds": self.seconds}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on at the time of a checkpoint."""
        self._before = float(state["seconds"])

    def on_train_start(self, trainer: Trainer, module: LightningModule) -> None:
        """Start to count."""
        self._began = self._now()
        self._read(trainer)

    def on_train_batch_end(self, trainer: Trainer, module: LightningModule, *_: Any) -> None:
        """Read the clock, and let the training end where its time is over, which makes Lightning validate there too."""
        if self.minutes is None:
            return
        if trainer.world_size == 1 or trainer.global_step % AGREED_EVERY == 0:
            self._read(trainer)
        if self.share >= 1:
            trainer.should_stop = True

    def _read(self, trainer: Trainer) -> None:
        if self.minutes is not None:
            seconds = trainer.strategy.broadcast(self.seconds, 0) if trainer.world_size > 1 else self.seconds
            self.share = min(1.0, seconds / (60 * self.minutes))
