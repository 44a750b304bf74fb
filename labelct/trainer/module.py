"""The network under Lightning: loss, validation Dice, optimiser, learning rate, checkpoints."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from labelct.trainer.clock import TrainingClock
from labelct.trainer.family import Family
from labelct.trainer.layout import channels_last
from labelct.trainer.progress import mean, validation_dice
from labelct.trainer.resuming import keep
from labelct.trainer.settings import LoopSettings
from labelct.trainer.sliding_window import Windows

VALIDATION_OVERLAP = 0.25  # one half takes three times the windows, to choose the same checkpoint


class SegmentationModule(LightningModule):
    """A network that learns from patches and is validated on whole volumes."""

    def __init__(
        self,
        family: Family[Any],
        model: dict[str, Any],
        clock: TrainingClock | None = None,
        compiled: bool = False,
        scored: Sequence[str] | None = None,
    ) -> None:
        """Build the network.

        Args:
            family: The kind of network.
            model: What `model.json` holds, plain containers: `settings`, `labels`, `spacing`, `intensity`;
                `ignore`, the label value of voxels that neither loss nor Dice shall see, where there are any.
            clock: Says how much of the training's minutes is over; None: there are none.
            compiled: Let torch compile the training step's forward and backward pass; validation, whose windows come in
                other numbers, stays as it is.
            scored: The targets that the validation Dice is of; None: all.
        """
        super().__init__()
        self.save_hyperparameters(model)
        self.clock, self.compiled = clock or TrainingClock(None), compiled
        self.family, self.settings = family, family.schema(**model["settings"])
        self.labels: dict[str, int] = dict(model["labels"])
        self.scored = {name: self.labels[name] for name in (self.labels if scored is None else scored)}
        self.network = family.build(self.settings, len(self.labels) + 1)
        self.scores_of: Callable[[Tensor], Tensor] = self.network.forward
        self.ignore: int | None = model.get("ignore")
        self.loss = family.loss(self.ignore)
        self.scores: dict[str, float] = {}
        self.sums = torch.zeros(len(self.scored), 2)

    def on_fit_start(self) -> None:
        """Lay the network out for the device that it has come to, and compile it where that is asked for."""
        channels_last(self.network)
        if self.compiled:
            self.scores_of = torch.compile(self.network.forward, dynamic=False)

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
        """Return the loss of one batch; nothing here waits for a GPU."""
        image, labels = batch
        loss: Tensor = self.loss(self.scores_of(channels_last(image)), labels)
        return loss

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Stop at the last step, which makes Lightning validate there too."""
        if self.global_step >= self.settings.steps:
            self.trainer.should_stop = True

    def on_validation_epoch_start(self) -> None:
        """Forget the cases of the validation before."""
        self.sums = torch.zeros(len(self.scored), 2, device=self.device)

    def validation_step(self, case: tuple[Tensor, Tensor], index: int) -> None:
        """Add one volume `(1, 1, x, y, z)`: Dice of each label it holds, and how many volumes hold it."""
        image, labels = case
        windows = Windows(VALIDATION_OVERLAP)
        found = self.family.class_scores(self.network, image, self.settings, windows)[0].argmax(0)
        if self.ignore is not None:
            found = found.masked_fill(labels[0, 0] == self.ignore, 0)
        for number, value in enumerate(self.scored.values()):
            truth, guess = labels[0, 0] == value, found == value
            held = truth.any()
            dice = 2 * (truth & guess).sum() / (truth.sum() + guess.sum()).clamp(min=1)
            self.sums[number] += torch.stack([dice * held, held.to(dice)])

    def on_validation_epoch_end(self) -> None:
        """Take the mean over the volumes of all processes; NaN for a label that none of them holds."""
        dice, count = self.trainer.strategy.reduce(self.sums, reduce_op="sum").cpu().unbind(1)
        names = list(self.scored)
        self.scores = {name: float(d / n) if n else math.nan for name, d, n in zip(names, dice, count, strict=True)}

    def configure_optimizers(self) -> Any:
        """Return the optimiser and its learning rate by step."""
        wanted, parameters = self.settings, self.parameters()
        rates: dict[str, Any] = {"lr": wanted.learning_rate, "weight_decay": wanted.weight_decay}
        optimiser: torch.optim.Optimizer
        if wanted.optimiser == "sgd":
            optimiser = torch.optim.SGD(parameters, momentum=0.99, nesterov=True, **rates)
        else:
            kinds = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
            optimiser = kinds[wanted.optimiser](parameters, **rates)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: rate_at(step, wanted, self.clock.share))
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def rate_at(step: int, settings: LoopSettings, share: float = 0.0) -> float:
    """Return the share of the learning rate at `step`: a linear rise, then a fall to nearly nothing at the end.

    Args:
        step: Steps done.
        settings: The schedule, and how many steps there are.
        share: How much of the training's minutes is over; the fall follows steps or minutes, whichever is further.
    """
    if step < settings.warmup:
        return (step + 1) / (settings.warmup + 1)
    done = min(1.0, max(share, (step - settings.warmup) / max(1, settings.steps - settings.warmup)))
    if settings.schedule == "poly":
        return float((1 - done) ** 0.9)
    return 0.5 * (1 + math.cos(math.pi * done)) if settings.schedule == "cosine" else 1.0


class Checkpoints(Callback):
    """`last.ckpt` at each validation and at the end, `best.ckpt` where the Dice is the highest so far."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.best = folder, -1.0

    def state_dict(self) -> dict[str, Any]:
        """Return the best Dice, which a resumed run has to beat."""
        return {"best": self.best}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the best Dice of the interrupted run."""
        self.best = float(state["best"])

    def on_validation_end(self, trainer: Trainer, module: LightningModule) -> None:
        """Save where the validation is over."""
        dice = mean(validation_dice(module).values())
        better = dice > self.best
        self.best = dice if better else self.best
        if better:  # first: `last.ckpt` knows its Dice, and a run that goes on from there would not write it again
            keep(trainer, self.folder / "best.ckpt")
        keep(trainer, self.folder / "last.ckpt")

    def on_train_end(self, trainer: Trainer, module: LightningModule) -> None:
        """Save the end of a run that was never validated, and let it be the best where no Dice was found."""
        if self.best < 0:
            keep(trainer, self.folder / "best.ckpt")
        if not validation_dice(module):
            keep(trainer, self.folder / "last.ckpt")
