"""The cycle under Lightning: one step of the generators, one of the discriminators, learning rate, what is resumed."""

from __future__ import annotations

import math
from typing import Any

import torch
from lightning.pytorch import LightningModule
from torch import Tensor
from torch.nn import functional
from torch.optim import Adam

from labelct.trainer.clock import TrainingClock
from labelct.trainer.device import rank
from labelct.translation.batches import POOL, stream
from labelct.translation.losses import adversarial_loss, cycle_loss, judge_loss
from labelct.translation.networks import Cycle, channels_last
from labelct.translation.pool import ImagePool
from labelct.translation.settings import TranslationSettings

OPTIMISERS = 2  # each takes one step in a step of the training
BETA2 = 0.999


class TranslationModule(LightningModule):
    """Two generators and two discriminators that learn from unpaired slices.

    Attributes:
        per_epoch: Steps of an epoch.
        total: Steps in all.
    """

    def __init__(self, settings: TranslationSettings, per_epoch: int, clock: TrainingClock | None = None) -> None:
        """Build the networks.

        Args:
            settings: Networks, losses, optimisers.
            per_epoch: Steps of an epoch.
            clock: Says how much of the training's minutes is over; None: there are none.
        """
        super().__init__()
        self.automatic_optimization = False
        self.settings, self.per_epoch, self.clock = settings, per_epoch, clock or TrainingClock(None)
        self.total = per_epoch * settings.epochs
        self.cycle = Cycle(settings)
        self.cycle_loss = cycle_loss(settings)
        self.pools = {"ct": ImagePool(settings.pool), "mr": ImagePool(settings.pool)}

    @property
    def step(self) -> int:
        """Steps done."""
        return self.global_step // OPTIMISERS

    def configure_optimizers(self) -> Any:
        """Return the optimisers of the generators and of the discriminators."""
        rate, betas = self.settings.learning_rate, (self.settings.beta1, BETA2)
        return [Adam(part.parameters(), rate, betas) for part in (self.cycle.generators, self.cycle.judges)], []

    def on_fit_start(self) -> None:
        """Lay the networks out for the device that they have come to."""
        if self.device.type == "cuda":
            self.cycle.to(memory_format=torch.channels_last)

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> dict[str, Tensor]:
        """Let the generators and then the discriminators learn from a batch; nothing here waits for a GPU.

        Args:
            batch: MR and CT, `(batch, 1, x, y)` within [-1, 1].
            index: Of the batch.

        Returns:
            The losses by name, detached.
        """
        mr, ct = channels_last(batch[0]), channels_last(batch[1])
        step, optimisers = self.step, self.optimizers()
        assert isinstance(optimisers, list)
        rate = self.settings.learning_rate * rate_at(step, self.total, self.settings, self.clock.share)
        losses: dict[str, Tensor] = {}
        made: dict[str, Tensor] = {}
        for optimiser, learn in zip(optimisers, (self._generators, self._judges), strict=True):
            optimiser.param_groups[0]["lr"] = rate
            self.toggle_optimizer(optimiser)
            optimiser.zero_grad()
            found, made = learn(mr, ct, made)
            self.manual_backward(sum(found.values(), torch.zeros((), device=self.device)))
            optimiser.step()
            self.untoggle_optimizer(optimiser)
            losses |= {name: loss.detach() for name, loss in found.items()}
        return losses

    def _generators(self, mr: Tensor, ct: Tensor, _: dict[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Return the weighted losses of the generators, and what they have made."""
        cycle, wanted = self.cycle, self.settings
        made_ct, made_mr = cycle.to_ct(mr), cycle.to_mr(ct)
        losses = {
            "adversarial_ct": adversarial_loss(cycle.judge_ct(made_ct)),
            "adversarial_mr": adversarial_loss(cycle.judge_mr(made_mr)),
            "cycle_mr": wanted.cycle_weight * self.cycle_loss(cycle.to_mr(made_ct), mr),
            "cycle_ct": wanted.cycle_weight * self.cycle_loss(cycle.to_ct(made_mr), ct),
        }
        if wanted.identity_weight:
            losses["identity_ct"] = wanted.identity_weight * functional.l1_loss(cycle.to_ct(ct), ct)
            losses["identity_mr"] = wanted.identity_weight * functional.l1_loss(cycle.to_mr(mr), mr)
        return losses, {"ct": made_ct.detach(), "mr": made_mr.detach()}

    def _judges(self, mr: Tensor, ct: Tensor, made: dict[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Return the losses of the discriminators, on real images and on some of the pools."""
        rng = stream(self.settings.seed, POOL, self.step, rank())
        losses = {}
        for name, real, judge in (("ct", ct, self.cycle.judge_ct), ("mr", mr, self.cycle.judge_mr)):
            older = self.pools[name].exchange(made[name], rng)
            of_real, of_made = judge(torch.cat([real, older.to(real.dtype)])).chunk(2)
            losses[f"judge_{name}"] = judge_loss(of_real, of_made)
        return losses, made

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Stop at the last step."""
        if self.step >= self.total:
            self.trainer.should_stop = True

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the pools of all processes."""
        found = {name: pool.state() for name, pool in self.pools.items()}
        several = self.trainer.world_size > 1
        checkpoint["pools"] = {
            name: None if state is None else self.all_gather(state) if several else state[None]
            for name, state in found.items()
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take over the pools of an interrupted run."""
        for name, states in checkpoint["pools"].items():
            own = None if states is None else states[rank() % len(states)].to(self.device)
            self.pools[name].restore(own)


def rate_at(step: int, total: int, settings: TranslationSettings, share: float = 0.0) -> float:
    """Return the share of the learning rate at a step: one, then a linear fall to 0 over the last epochs.

    Args:
        step: Steps done.
        total: Steps in all.
        settings: How many of the epochs the fall takes.
        share: How much of the training's minutes is over; the fall follows steps or minutes, whichever is further.
    """
    done, falling = min(1.0, max(share, step / total)), settings.decay / settings.epochs
    return 1.0 if done <= 1 - falling or math.isclose(falling, 0) else (1 - done) / falling
