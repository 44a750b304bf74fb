"""What a user sees of a translation that learns: a bar with rate and time left, `log.csv`, pictures, warnings."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from labelct.tracking import Tracker
from labelct.trainer.clock import TrainingClock
from labelct.trainer.divergence import check_finite
from labelct.trainer.progress import EVERY, CurveLog, Fetched, TrainingBar
from labelct.trainer.resuming import keep
from labelct.translation.module import OPTIMISERS, TranslationModule
from labelct.translation.samples import Samples, collapsed, draw

log = logging.getLogger(__name__)
RESUMED, GROUP = "last.ckpt", "translation"
SETTLED = 200  # steps: before, what a generator makes is nearly grey, for its weights begin small
LOSSES = (
    "adversarial_ct",
    "adversarial_mr",
    "cycle_mr",
    "cycle_ct",
    "identity_ct",
    "identity_mr",
    "judge_ct",
    "judge_mr",
)
CALMER = "set translation.learning_rate lower or device.precision=32"


class CycleCurves(TrainingBar):
    """The bar; losses and learning rate to `log.csv` and to the tracker."""

    def __init__(self, path: Path, tracker: Tracker, clock: TrainingClock, start: int, total: int) -> None:
        """Open the log.

        Args:
            path: `log.csv`.
            tracker: Gets the same.
            clock: Says how much of the minutes is over, where the training has some.
            start: The first step.
            total: How many steps there are.
        """
        super().__init__("translation", total, clock, OPTIMISERS)
        self.csv_log, self.start = CurveLog(path, (*LOSSES, "learning_rate"), tracker, start, GROUP), start
        self._seen: list[Tensor] = []
        self._coming: list[tuple[int, tuple[str, ...], Fetched]] = []

    def on_train_start(self, trainer: Trainer, module: LightningModule) -> None:
        """Show the bar where the run (re)starts, and begin to count the seconds."""
        self.csv_log.began = time.monotonic()
        super().on_train_start(trainer, module)

    def on_train_batch_end(self, trainer: Trainer, module: LightningModule, outputs: Any, *_: Any) -> None:
        """Move the bar; write the mean losses of the last ten steps as soon as they have come from the device."""
        assert isinstance(module, TranslationModule)
        self._seen.append(torch.stack([loss.float() for loss in outputs.values()]))
        kept = module.step % (module.per_epoch * module.settings.save_every) == 0  # a run from there knows no more
        if module.step % EVERY == 0 or kept or module.step >= module.total or trainer.should_stop:
            self._coming.append((module.step, tuple(outputs), Fetched(torch.stack(self._seen).mean(0))))
            self._seen.clear()
        text = None
        while self._coming and self._coming[0][2].ready():
            text = self._write(trainer, module)
        self.bar.update(self.done(trainer), text=text)

    def on_train_end(self, trainer: Trainer, module: LightningModule) -> None:
        """Write what is left."""
        assert isinstance(module, TranslationModule)
        while self._coming:
            self._write(trainer, module)

    def _write(self, trainer: Trainer, module: TranslationModule) -> str:
        """Write the losses that have come first, and return them in short."""
        step, names, fetched = self._coming.pop(0)
        losses = dict(zip(names, fetched.values(), strict=True))
        for name, loss in losses.items():
            check_finite(loss, math.isfinite(loss), f"at step {step}", self.csv_log.path.parent, CALMER, name)
        self.csv_log.write(step, {**losses, "learning_rate": float(trainer.optimizers[0].param_groups[0]["lr"])})
        rate = (step - self.start) / max(time.monotonic() - self.csv_log.began, 1e-9)
        epoch = (step - 1) // module.per_epoch + 1
        cycle = losses["cycle_ct"] + losses["cycle_mr"]
        return f"epoch {epoch}  {rate:.2g}/s  cycle {cycle:.2f}"


class Keeper(Callback):
    """`last.ckpt` and a picture at the end of epochs, and a warning where the generators have collapsed."""

    def __init__(self, folder: Path, samples: Samples | None, tracker: Tracker) -> None:
        """Begin.

        Args:
            folder: Gets `last.ckpt` and `samples/`.
            samples: What is shown; None, in the other processes of a training: nothing.
            tracker: Gets the pictures.
        """
        self.folder, self.samples, self.tracker = folder, samples, tracker
        self._kept = -1

    def on_train_batch_end(self, trainer: Trainer, module: LightningModule, *_: Any) -> None:
        """Keep what has been learnt at the end of an epoch."""
        assert isinstance(module, TranslationModule)
        if module.step % (module.per_epoch * module.settings.save_every) == 0:
            self._keep(trainer, module)

    def on_train_end(self, trainer: Trainer, module: LightningModule) -> None:
        """Keep what has been learnt in the end."""
        assert isinstance(module, TranslationModule)
        if self._kept != module.step:
            self._keep(trainer, module)

    def _keep(self, trainer: Trainer, module: TranslationModule) -> None:
        """Draw the picture, then write the checkpoint: what is killed in between draws the same picture again."""
        self._kept = module.step
        if self.samples is not None:
            with _evaluated(module):
                made = self.samples.made(module.cycle, module.settings, module.device)
            path = self.folder / "samples" / f"step_{module.step:06d}.png"
            draw(made, path)
            self.tracker.figure("translation/samples", path)
            warn_of_collapse(made, module.step)
        keep(trainer, self.folder / RESUMED)


def warn_of_collapse(made: Mapping[str, Tensor], step: int) -> None:
    """Warn in one line where a generator makes one grey or one picture of everything, whatever its loss is.

    Args:
        made: Of `Samples.made`.
        step: Steps done.
    """
    if step < SETTLED:
        return
    for name, images in (("CT", made["made_ct"]), ("MR", made["made_mr"])):
        if collapsed(images):
            log.warning(
                "step %d: the translated %s are all the same, the generator has collapsed; "
                "try another translation.seed, translation.identity_weight=5 or a lower translation.learning_rate",
                *(step, name),
            )


@contextmanager
def _evaluated(module: TranslationModule) -> Iterator[None]:
    module.eval()
    try:
        yield
    finally:
        module.train()
