"""nnU-Net's trainer with labelct's settings."""

from __future__ import annotations

import math
import os
from functools import partial
from pathlib import Path
from typing import Any

import torch
from nnunetv2.run.run_training import run_training
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer
from nnunetv2.utilities.default_n_proc_DA import get_allowed_n_proc_DA

from labelct.processes import end_children_with_this
from labelct.trainer.divergence import LOOKED_AT, check_finite
from labelct.trainer.model import read_checkpoint
from labelct.trainer.nnunet.compat.environment import DATASET, PLANS, TRAINER
from labelct.trainer.nnunet.compat.preprocessor import Preprocessor
from labelct.trainer.nnunet.instructions import Instructions

PARTIAL = ".partial"  # behind the name of a checkpoint that is being written
LATEST, BEST = "checkpoint_latest.pth", "checkpoint_best.pth"
VALUES = ("train_losses", "val_losses", "mean_fg_dice", "ema_fg_dice", "lrs")


def run(configuration: str, device: str, count: int) -> None:
    """Train in the present roots, or go on from the checkpoint there, on `count` devices of the kind `device`."""
    task = (DATASET, configuration, 0, TRAINER, PLANS)
    run_training(*task, num_gpus=count, continue_training=True, device=torch.device(device))


class TimeIsOver(Exception):
    """The minutes of a training are over."""


class LabelctTrainer(nnUNetTrainer):
    """nnU-Net's trainer with the values of `Instructions`, where nnU-Net wants a class for each."""

    def __init__(
        self,
        plans: dict[str, Any],
        configuration: str,
        fold: int,
        dataset_json: dict[str, Any],
        device: torch.device = torch.device("cuda"),  # noqa: B008
    ) -> None:
        """Take nnU-Net's arguments; it stores them by these names in its checkpoints."""
        super().__init__(plans, configuration, fold, dataset_json, device)
        self.instructions = Instructions.read()
        self.drawn: Any = None
        self.share = 0.0
        self._best_ema: float | None
        wanted = self.instructions.settings
        self.num_epochs = wanted.epochs
        self.num_iterations_per_epoch = wanted.iterations
        self.num_val_iterations_per_epoch = wanted.iterations_val
        self.initial_lr = wanted.learning_rate
        self.weight_decay = wanted.weight_decay
        self.oversample_foreground_percent = wanted.foreground
        self.save_every = wanted.save_every

    def initialize(self) -> None:
        """Draw the first weights from the seed."""
        self.instructions.seed_all(0, self.local_rank)
        super().initialize()

    def run_training(self) -> None:
        """Train until the epochs or the minutes are over."""
        try:
            super().run_training()
        except TimeIsOver:
            self.on_train_end()

    def on_train_start(self) -> None:
        """Write the log anew from what the checkpoint remembers, which a killed run may have been ahead of.

        What it left of a checkpoint that it was writing is taken away.
        """
        super().on_train_start()
        if self.local_rank == 0:
            for begun in Path(self.output_folder).glob(f"*{PARTIAL}"):
                begun.unlink()
        self._log()

    def on_epoch_start(self) -> None:
        """Give each epoch a random stream of its own, so that a resumed training goes on as it would have.

        Raises:
            TimeIsOver: There are no minutes left for it.
        """
        self.share = self._share()
        if self.share >= 1:
            raise TimeIsOver
        self.instructions.seed_all(1 + self.current_epoch, self.local_rank)
        if self.drawn is not None:
            self.drawn.begin(self.current_epoch)
        super().on_epoch_start()

    def on_train_epoch_start(self) -> None:
        """Let the learning rate follow the clock where that is ahead of the epochs."""
        done = max(self.share, self.current_epoch / self.num_epochs)
        self.lr_scheduler.max_steps = self.current_epoch / done if done else self.num_epochs
        super().on_train_epoch_start()

    def on_train_epoch_end(self, train_outputs: list[dict[str, Any]]) -> None:
        """Stop where the training has diverged, before a checkpoint takes its weights.

        Raises:
            InputError: No loss of the last steps is a finite number.
        """
        losses = [float(step["loss"]) for step in train_outputs[-LOOKED_AT:]]
        when, remedy = f"in epoch {self.current_epoch + 1}", "set trainer.learning_rate lower"
        check_finite(losses[-1], sum(map(math.isfinite, losses)), when, self.instructions.folder, remedy)
        super().on_train_epoch_end(train_outputs)

    def on_epoch_end(self) -> None:
        """Add the epoch to the log once its checkpoint is written."""
        super().on_epoch_end()
        self._log()

    def get_dataloaders(self) -> tuple[Any, Any]:
        """Start the augmenting processes so that they end with this one."""
        end_children_with_this()
        return super().get_dataloaders()

    def get_tr_and_val_datasets(self) -> tuple[Any, Any]:
        """Take new volumes for the stored training cases, where they are asked for."""
        stored, validation = super().get_tr_and_val_datasets()
        volumes = self.instructions.volumes()
        if volumes is None:
            return stored, validation
        from labelct.trainer.nnunet.drawn import DrawnCases, preprocessed

        preprocessor = Preprocessor(self.plans_manager, self.configuration_manager, self.dataset_json)
        ranks = torch.distributed.get_world_size() if self.is_ddp else 1
        prepare, workers = partial(preprocessed, preprocessor=preprocessor), get_allowed_n_proc_DA()
        self.drawn = DrawnCases(volumes, prepare, workers, self.current_epoch, self.local_rank, ranks)
        return self.drawn, validation

    def configure_rotation_dummyDA_mirroring_and_inital_patch_size(self) -> tuple[Any, Any, Any, Any]:
        """Leave out the axes that must not be mirrored."""
        rotation, flat, size, axes = super().configure_rotation_dummyDA_mirroring_and_inital_patch_size()
        axes = self.instructions.mirrored(axes, self.plans_manager.transpose_forward)
        self.inference_allowed_mirroring_axes = axes or None
        return rotation, flat, size, axes

    def load_checkpoint(self, filename_or_checkpoint: Any) -> None:
        """Go on from a checkpoint, which is first read without running anything in it, as nnU-Net's loader would."""
        read_checkpoint(Path(filename_or_checkpoint))
        super().load_checkpoint(filename_or_checkpoint)

    def save_checkpoint(self, filename: str) -> None:
        """Write a checkpoint whole or not at all: a kill in between leaves the one before.

        The best comes before the latest: nnU-Net has it the other way round, and a training that is killed between the
        two never writes the best of that epoch.
        """
        if Path(filename).name == LATEST:
            self._save_best()
        super().save_checkpoint(f"{filename}{PARTIAL}")
        if self.local_rank == 0 and not self.disable_checkpointing:
            os.replace(f"{filename}{PARTIAL}", filename)

    def perform_actual_validation(self, save_probabilities: bool = False) -> None:
        """Do nothing: labelct segments and scores test cases in stages of their own."""

    def print_to_log_file(self, *args: Any, also_print_to_console: bool = True, add_timestamp: bool = True) -> None:
        """Write to nnU-Net's log file alone."""
        super().print_to_log_file(*args, also_print_to_console=False, add_timestamp=add_timestamp)

    def _save_best(self) -> None:
        """Write the best checkpoint where the epoch that ends is the best so far, by nnU-Net's own measure."""
        found = self.logger.get_value("ema_fg_dice", -1)
        if self._best_ema is None or found > self._best_ema:
            self._best_ema = found
            self.save_checkpoint(str(Path(self.output_folder, BEST)))

    def _share(self) -> float:
        """Return how much of the minutes is over, by the epochs that a checkpoint remembers; the first process says."""
        begun, ended = (self.logger.get_value(f"epoch_{end}_timestamps", None) for end in ("start", "end"))
        share = [self.instructions.share(begun[: self.current_epoch], ended[: self.current_epoch])]
        if self.is_ddp:
            torch.distributed.broadcast_object_list(share)
        return share[0]

    def _log(self) -> None:
        if self.local_rank == 0:
            names = (*VALUES, "epoch_start_timestamps", "epoch_end_timestamps")
            known = [[self.logger.get_value(name, epoch) for name in names] for epoch in range(self.current_epoch)]
            self.instructions.log([[*values, end - start] for *values, start, end in known])
