"""What a user sees of a training under Lightning: a bar, a line at each validation, `log.csv`, the tracker's curves."""

import csv
import math
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from labelct.progress import ProgressBar
from labelct.streams import untold
from labelct.tracking import Tracker
from labelct.tracking.curves import named, replay
from labelct.trainer.clock import TrainingClock
from labelct.trainer.divergence import LOOKED_AT, check_finite

SHOWN = 6  # targets on one line of a console
EVERY = LOOKED_AT  # steps: losses are shown and written no more often
CALMER = "set trainer.learning_rate lower or device.precision=32"


class Fetched:
    """Numbers on their way from a device to the host, which nobody waits for."""

    def __init__(self, value: Tensor) -> None:
        """Begin to fetch a tensor."""
        value = value.detach()
        self._host = torch.empty_like(value, device="cpu", pin_memory=value.is_cuda).copy_(value, non_blocking=True)
        self._arrived = torch.cuda.current_stream(value.device).record_event() if value.is_cuda else None

    def ready(self) -> bool:
        """Return whether they are there."""
        return self._arrived is None or self._arrived.query()

    def value(self) -> float:
        """Return the number of a tensor of one, once it is there."""
        return self.values()[0]

    def values(self) -> list[float]:
        """Return the numbers, once they are there."""
        if self._arrived is not None:
            self._arrived.synchronize()
        return [float(number) for number in self._host.flatten()]


class TrainingBar(Callback):
    """A bar over the steps of a training, or over its minutes where it has some."""

    def __init__(self, what: str, steps: int, clock: TrainingClock, optimisers: int = 1) -> None:
        """Make the bar, which is not shown yet.

        Args:
            what: What it is called.
            steps: How many steps there are.
            clock: Says how much of the minutes is over.
            optimisers: How many of Lightning's steps are one: each optimiser takes one.
        """
        self.steps, self.clock, self.optimisers = steps, clock, optimisers
        seconds = None if clock.minutes is None else round(60 * clock.minutes)
        self.total = seconds or steps
        self.bar = ProgressBar(what if seconds is None else f"{what} (seconds)", self.total)

    def on_train_start(self, trainer: Trainer, module: LightningModule) -> None:
        """Show the bar where the run (re)starts."""
        self.bar.update(self.done(trainer))

    def teardown(self, trainer: Trainer, module: LightningModule, stage: str) -> None:
        """Leave the bar as it stands, also after an interruption."""
        self.bar.stop()

    def done(self, trainer: Trainer) -> int:
        """Return where the bar is."""
        step = trainer.global_step // self.optimisers
        return step if self.clock.minutes is None else round(self.total * max(self.clock.share, step / self.steps))


class StepBar(TrainingBar):
    """The bar with loss, validation Dice and time left; a line at each validation."""

    def __init__(self, steps: int, clock: TrainingClock, what: str = "training") -> None:
        super().__init__(what, steps, clock)
        self.loss, self.dice = math.nan, math.nan
        self._loss: Fetched | None = None

    def on_train_batch_end(self, trainer: Trainer, module: LightningModule, outputs: Any, *_: Any) -> None:
        """Move the bar, to its end when the training ends, with the validation behind the last step.

        The loss is fetched from the device only now and then, and shown when it is there.
        """
        step = trainer.global_step
        if step % EVERY == 0 or step < EVERY:
            self._loss = Fetched(outputs["loss"])
        if self._loss is not None and self._loss.ready():
            self.loss, self._loss = self._loss.value(), None
        self.bar.update(min(self.done(trainer), self.total - 1), text=self._text(step))

    def on_train_end(self, trainer: Trainer, module: LightningModule) -> None:
        """Move the bar to where the training ended, with the Dice of the last validation."""
        self.bar.update(self.done(trainer), text=self._text(trainer.global_step))

    def on_validation_end(self, trainer: Trainer, module: LightningModule) -> None:
        """Print the Dice of each target."""
        scores = validation_dice(module)
        self.dice = mean(scores.values())
        parts = "  ".join(f"{name} {value:.3f}" for name, value in list(scores.items())[:SHOWN])
        parts += f"  and {len(scores) - SHOWN} more" if len(scores) > SHOWN else ""
        self.bar.print(f"step {trainer.global_step}: validation Dice {self.dice:.3f}  ({parts})")

    def _text(self, step: int) -> str:
        at = "" if self.total == self.steps else f"step {step}"
        known = [f"{name} {value:.3f}" for name, value in (("loss", self.loss), ("Dice", self.dice)) if value == value]
        return "  ".join(part for part in (at, *known) if part)


class CurveLog:
    """`log.csv` and the tracker's curves, which go on where the last checkpoint was."""

    def __init__(self, path: Path, columns: Sequence[str], tracker: Tracker, start: int, group: str = "train") -> None:
        """Open the log, without what an interrupted run wrote after its last checkpoint.

        Args:
            path: Of `log.csv`.
            columns: What is told of a step, between `step` and `seconds`.
            tracker: Gets the same.
            start: The first step.
            group: What the curves are grouped under.
        """
        self.path, self.columns, self.tracker, self.group = path, ["step", *columns, "seconds"], tracker, group
        self.began = time.monotonic()
        _keep_until(path, self.columns, start)
        replay(path, tracker, group)

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Add a row: numbers of some of the columns, and the seconds since the run (re)started."""
        shown = {name: f"{value:.6g}" for name, value in values.items()}
        seconds = f"{time.monotonic() - self.began:.1f}"
        with self.path.open("a", newline="", encoding="utf-8") as file:
            csv.DictWriter(file, self.columns, restval="").writerow({**shown, "step": step, "seconds": seconds})
        self.tracker.log(named(values, self.group), step)


class Curves(Callback):
    """Loss, learning rate and validation Dice to `log.csv` and to the tracker."""

    def __init__(self, path: Path, labels: Sequence[str], tracker: Tracker, start: int) -> None:
        columns = ["loss", "learning_rate", "dice", *(f"dice_{name}" for name in labels)]
        self.csv_log = CurveLog(path, columns, tracker, start)  # Lightning gives every callback a `log` of its own
        self.losses: list[Tensor] = []
        self._coming: list[tuple[int, float, Fetched]] = []

    def on_train_batch_end(self, trainer: Trainer, module: LightningModule, outputs: Any, *_: Any) -> None:
        """Write the mean loss of the last ten steps, as soon as it has come from the device."""
        self.losses.append(outputs["loss"].detach())
        if trainer.global_step % EVERY == 0 or trainer.global_step == trainer.max_steps or trainer.should_stop:
            self._fetch_losses(trainer)
        self._write_losses()

    def on_train_end(self, trainer: Trainer, module: LightningModule) -> None:
        """Write what is left."""
        self._write_losses(wait=True)

    def on_validation_end(self, trainer: Trainer, module: LightningModule) -> None:
        """Write the Dice of each target and their mean, and the losses that a run from here on knows nothing of."""
        self._fetch_losses(trainer)
        self._write_losses(wait=True)
        scores = validation_dice(module)
        values = {"dice": mean(scores.values()), **{f"dice_{name}": value for name, value in scores.items()}}
        self.csv_log.write(trainer.global_step, values)

    def _fetch_losses(self, trainer: Trainer) -> None:
        if self.losses:
            rate, losses = float(trainer.optimizers[0].param_groups[0]["lr"]), torch.stack(self.losses)
            fetched = Fetched(torch.stack([losses.mean(), losses.isfinite().sum().to(losses)]))
            self._coming.append((trainer.global_step, rate, fetched))
            self.losses.clear()

    def _write_losses(self, wait: bool = False) -> None:
        while self._coming and (wait or self._coming[0][2].ready()):
            step, rate, fetched = self._coming.pop(0)
            loss, finite = fetched.values()
            check_finite(loss, finite, f"at step {step}", self.csv_log.path.parent, CALMER)
            self.csv_log.write(step, {"loss": loss, "learning_rate": rate})


def validation_dice(module: LightningModule) -> dict[str, float]:
    """Return the Dice of each target at the last validation; empty before the first."""
    return cast("dict[str, float]", module.scores)


def mean(values: Iterable[float]) -> float:
    """Return the mean of the values that are not NaN (targets that occur in no validation case)."""
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Lightning's hints about loggers, workers and idle GPUs off the console."""
    with untold("lightning.pytorch", "lightning.fabric", "lightning"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"(lightning|torch|monai)\..*")
        yield


def _keep_until(path: Path, columns: Sequence[str], start: int) -> None:
    rows: list[dict[str, str]] = []
    if start and path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["step"].isdigit() and int(row["step"]) <= start]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
