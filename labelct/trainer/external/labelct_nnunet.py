"""The one trainer class of labelct, in a folder of its own: `nnUNet_extTrainer` imports all that it finds there."""

from __future__ import annotations

import csv
import json
import os
import random
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer
from nnunetv2.utilities.default_n_proc_DA import get_allowed_n_proc_DA

COLUMNS = ("epoch", "loss", "loss_val", "dice", "dice_smooth", "learning_rate", "seconds")
VALUES = ("train_losses", "val_losses", "mean_fg_dice", "ema_fg_dice", "lrs")


class LabelctTrainer(nnUNetTrainer):
    """nnU-Net's trainer with the values of one JSON file, where nnU-Net wants a class for each.

    The file, `LABELCT_NNUNET_JOB`, holds `settings` (the trainer's), `seed`, `lateral` (whether a target has a side)
    and `volumes` (the file of what training volumes are drawn from; null: they are stored); `log.csv` beside it gets
    one row an epoch.  Without the variable the class is nnU-Net's own.
    """

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
        path = os.environ.get("LABELCT_NNUNET_JOB")
        self.job: dict[str, Any] | None = None
        self.drawn: Any = None
        if path is None:
            return
        self.job, self.folder = json.loads(Path(path).read_text(encoding="utf-8")), Path(path).parent
        self.log = self.folder / "log.csv"
        wanted = self.job["settings"]
        self.num_epochs = wanted["epochs"]
        self.num_iterations_per_epoch = wanted["iterations"]
        self.num_val_iterations_per_epoch = wanted["iterations_val"]
        self.initial_lr = wanted["learning_rate"]
        self.weight_decay = wanted["weight_decay"]
        self.oversample_foreground_percent = wanted["foreground"]
        self.save_every = wanted["save_every"]

    def initialize(self) -> None:
        """Draw the first weights from the seed."""
        self._seed(0)
        super().initialize()

    def on_train_start(self) -> None:
        """Write the log anew from what the checkpoint remembers, which a killed run may have been ahead of."""
        super().on_train_start()
        if self.job is not None and self.local_rank == 0:
            with self.log.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerow(COLUMNS)
            for epoch in range(self.current_epoch):
                self._log(epoch)

    def on_epoch_start(self) -> None:
        """Give each epoch a random stream of its own, so that a resumed training goes on as it would have."""
        self._seed(1 + self.current_epoch)
        if self.drawn is not None:
            self.drawn.begin(self.current_epoch)
        super().on_epoch_start()

    def on_epoch_end(self) -> None:
        """Add the epoch to the log once its checkpoint is written."""
        super().on_epoch_end()
        if self.job is not None and self.local_rank == 0:
            self._log(self.current_epoch - 1)

    def get_dataloaders(self) -> tuple[Any, Any]:
        """Start the augmenting processes so that they end with this one."""
        if self.job is not None:
            from labelct.trainer.device import end_children_with_this

            end_children_with_this()
        return super().get_dataloaders()

    def get_tr_and_val_datasets(self) -> tuple[Any, Any]:
        """Take new volumes for the stored training cases, where the job asks for them."""
        stored, validation = super().get_tr_and_val_datasets()
        if self.job is None or self.job["volumes"] is None:
            return stored, validation
        from labelct.streaming import read_shared
        from labelct.trainer.nnunet_online import DrawnCases, preprocessed

        volumes = read_shared(self.folder, self.job["volumes"])
        assert volumes is not None
        volumes.load()
        prepare = partial(
            preprocessed,
            plans=self.plans_manager,
            configuration=self.configuration_manager,
            dataset=self.dataset_json,
        )
        ranks = torch.distributed.get_world_size() if self.is_ddp else 1
        self.drawn = DrawnCases(volumes, prepare, get_allowed_n_proc_DA(), self.current_epoch, self.local_rank, ranks)
        return self.drawn, validation

    def configure_rotation_dummyDA_mirroring_and_inital_patch_size(self) -> tuple[Any, Any, Any, Any]:
        """Leave out the axes that must not be mirrored."""
        rotation, flat, size, axes = super().configure_rotation_dummyDA_mirroring_and_inital_patch_size()
        allowed = self._mirrored(axes)
        self.inference_allowed_mirroring_axes = allowed or None
        return rotation, flat, size, allowed

    def save_checkpoint(self, filename: str) -> None:
        """Write a checkpoint whole or not at all: a kill in between leaves the one before."""
        super().save_checkpoint(f"{filename}.partial")
        if self.local_rank == 0 and not self.disable_checkpointing:
            os.replace(f"{filename}.partial", filename)

    def perform_actual_validation(self, save_probabilities: bool = False) -> None:
        """Do nothing: labelct segments and scores test cases in stages of their own."""

    def print_to_log_file(self, *args: Any, also_print_to_console: bool = True, add_timestamp: bool = True) -> None:
        """Write to nnU-Net's log file alone."""
        super().print_to_log_file(*args, also_print_to_console=False, add_timestamp=add_timestamp)

    def _mirrored(self, axes: tuple[int, ...]) -> tuple[int, ...]:
        """Return those of nnU-Net's axes that may be mirrored; x is the last one before transposition."""
        mirror = self.job["settings"]["mirror"] if self.job else "all"
        if mirror == "all" or (mirror == "auto" and not (self.job or {})["lateral"]):
            return tuple(axes)
        if mirror == "none":
            return ()
        forward = list(self.plans_manager.transpose_forward)[-len(axes) :]
        return tuple(axis for axis in axes if forward[axis] != 2)

    def _seed(self, stage: int) -> None:
        if self.job is not None:
            state = np.random.SeedSequence([self.job["seed"], stage, self.local_rank]).generate_state(1)[0]
            random.seed(int(state))
            np.random.seed(int(state))  # noqa: NPY002
            torch.manual_seed(int(state))

    def _log(self, epoch: int) -> None:
        start, end = (self.logger.get_value(f"epoch_{name}_timestamps", epoch) for name in ("start", "end"))
        row = [*(self.logger.get_value(name, epoch) for name in VALUES), end - start]
        with self.log.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow([epoch + 1, *(f"{float(value):.6g}" for value in row)])
