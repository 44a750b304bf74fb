"""The contract with nnU-Net's trainer: each method that is overridden, each attribute that is used."""

import inspect
import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

from labelct.errors import InputError
from labelct.trainer.nnunet import compat
from labelct.trainer.nnunet.instructions import Instructions
from labelct.trainer.nnunet.settings import NnunetSettings

OVERRIDDEN = ["__init__", "initialize", "on_train_start", "on_epoch_start", "on_epoch_end", "get_dataloaders"]
OVERRIDDEN += ["get_tr_and_val_datasets", "configure_rotation_dummyDA_mirroring_and_inital_patch_size"]
OVERRIDDEN += ["run_training", "on_train_epoch_start", "save_checkpoint", "perform_actual_validation"]
OVERRIDDEN += ["load_checkpoint", "print_to_log_file", "on_train_epoch_end"]
ATTRIBUTES = ["num_epochs", "num_iterations_per_epoch", "num_val_iterations_per_epoch", "initial_lr", "weight_decay"]
ATTRIBUTES += ["oversample_foreground_percent", "save_every", "current_epoch", "local_rank", "is_ddp", "logger"]
ATTRIBUTES += ["plans_manager", "configuration_manager", "dataset_json", "inference_allowed_mirroring_axes"]
ATTRIBUTES += ["disable_checkpointing", "lr_scheduler", "on_train_end", "output_folder", "_best_ema"]


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_the_trainer_has_the_attribute(trainer, name):
    assert hasattr(trainer, name)


@pytest.mark.parametrize("name", OVERRIDDEN)
def test_the_trainer_has_the_method_with_the_same_arguments(name):
    own, theirs = (inspect.signature(getattr(cls, name)).parameters for cls in (compat.LabelctTrainer, nnUNetTrainer))
    assert list(own) == list(theirs)


def test_no_other_method_of_nnunets_is_overridden():
    assert {name for name in vars(compat.LabelctTrainer) if name in dir(nnUNetTrainer)} - {
        "__module__",
        "__doc__",
        "__firstlineno__",
        "__static_attributes__",
    } == set(OVERRIDDEN)


@pytest.mark.parametrize("name", [*compat.VALUES, "epoch_start_timestamps", "epoch_end_timestamps"])
def test_the_logger_remembers_the_value_of_an_epoch(trainer, name):
    trainer.logger.log(name, 0.5, 0)
    assert trainer.logger.get_value(name, 0) == 0.5


@pytest.fixture
def by_time(raw, tmp_path):
    """Return labelct's trainer of 100 epochs or two minutes, with the optimiser and schedule that nnU-Net makes."""
    folder, plans, content = raw
    settings = NnunetSettings(epochs=100, minutes=2.0)
    with compat.roots(folder), Instructions(tmp_path, settings, 0, False).given():
        own = compat.LabelctTrainer(
            {**plans, "continue_training": False}, "3d_fullres", 0, content, torch.device("cpu")
        )
        own.network = torch.nn.Linear(1, 1)
        own.optimizer, own.lr_scheduler = own.configure_optimizers()
        yield own


def epochs_of(trainer, monkeypatch, seconds):
    """Let epochs pass that take `seconds` each; return the learning rate of each that began."""
    hand, rates = SimpleNamespace(at=0.0), []
    monkeypatch.setattr("nnunetv2.training.nnUNetTrainer.nnUNetTrainer.time", lambda: hand.at)

    def epoch():
        trainer.on_epoch_start()
        trainer.on_train_epoch_start()
        rates.append(trainer.optimizer.param_groups[0]["lr"])
        hand.at += seconds
        trainer.logger.log("epoch_end_timestamps", hand.at, trainer.current_epoch)
        trainer.current_epoch += 1
        hand.at += 7777  # what is not in an epoch, as the time between a kill and the next start, does not count

    monkeypatch.setattr(nnUNetTrainer, "run_training", lambda _: [epoch() for _ in range(100)])
    monkeypatch.setattr(nnUNetTrainer, "on_train_end", lambda _: rates.append("end"))
    trainer.run_training()
    return rates


def test_a_training_by_time_ends_with_it_and_its_rate_follows_the_clock(by_time, monkeypatch):
    *rates, end = epochs_of(by_time, monkeypatch, 30.0)
    assert end == "end"
    assert rates == pytest.approx([1e-2 * (1 - share) ** 0.9 for share in (0, 0.25, 0.5, 0.75)])


def test_epochs_decide_where_they_are_ahead_of_the_clock(by_time, monkeypatch):
    rates = epochs_of(by_time, monkeypatch, 0.1)
    assert rates == pytest.approx([1e-2 * (1 - epoch / 100) ** 0.9 for epoch in range(100)])


def test_a_training_step_tells_its_loss_as_one_number(trainer, monkeypatch):
    network = torch.nn.Conv3d(1, 2, 1)
    for name, value in {
        "network": network,
        "loss": lambda output, _: output.mean(),
        "optimizer": torch.optim.SGD(network.parameters(), 0.1),
    }.items():
        monkeypatch.setattr(trainer, name, value)
    told = trainer.train_step({"data": torch.zeros(1, 1, 2, 2, 2), "target": torch.zeros(1, 1, 2, 2, 2)})
    assert isinstance(float(told["loss"]), float)


@pytest.mark.parametrize(
    ("losses", "diverged"), [([1.0] * 12 + [math.nan] * 10, True), ([math.inf] * 9 + [1.0], False)]
)
def test_an_epoch_that_ends_without_a_finite_loss_ends_the_training_before_its_checkpoint(by_time, losses, diverged):
    by_time.current_epoch = 2
    steps = [{"loss": np.array(loss, np.float32)} for loss in losses]
    if diverged:
        said = r"the loss is nan in epoch 3: the training has diverged; set trainer\.learning_rate lower"
        with pytest.raises(InputError, match=said):
            by_time.on_train_epoch_end(steps)
    else:
        by_time.current_epoch = 0
        by_time.on_train_epoch_end(steps)
    assert len(by_time.logger.get_checkpoint()["train_losses"]) == (0 if diverged else 1)


def test_what_a_kill_left_of_a_checkpoint_is_taken_away(by_time, monkeypatch, tmp_path):
    by_time.output_folder = str(tmp_path)
    for name in ("checkpoint_best.pth.partial", "checkpoint_best.pth"):
        (tmp_path / name).touch()
    monkeypatch.setattr(nnUNetTrainer, "on_train_start", lambda _: None)
    by_time.on_train_start()
    assert [path.name for path in tmp_path.glob("*.pth*")] == ["checkpoint_best.pth"]


@pytest.mark.parametrize(
    ("before", "written"), [(None, ["best", "latest"]), (0.5, ["best", "latest"]), (0.7, ["latest"])]
)
def test_the_best_checkpoint_is_written_before_the_latest_which_notes_how_good_it_is(
    by_time, monkeypatch, tmp_path, before, written
):
    """A kill between the two leaves a latest that knows of no best that is not there."""
    by_time.output_folder, by_time.save_every, by_time._best_ema = str(tmp_path), 1, before
    for name, value in {
        "mean_fg_dice": 0.6,
        "train_losses": 1.0,
        "val_losses": 1.0,
        "dice_per_class_or_region": [0.6],
    }.items():
        by_time.logger.log(name, value, 0)
    for name in ("epoch_start_timestamps", "lrs"):
        by_time.logger.log(name, 0.0, 0)
    monkeypatch.setattr(by_time.logger, "plot_progress_png", lambda _: None)
    monkeypatch.setattr(by_time, "_log", lambda: None)
    saved = []
    monkeypatch.setattr(nnUNetTrainer, "save_checkpoint", lambda own, path: saved.append((path, own._best_ema)))
    monkeypatch.setattr("labelct.trainer.nnunet.compat.trainer.os.replace", lambda *_: None)
    by_time.on_epoch_end()
    assert [Path(path).name for path, _ in saved] == [f"checkpoint_{name}.pth.partial" for name in written]
    assert {best for _, best in saved} == {max(0.6, before or 0.0)}


def test_mirrored_axes_come_with_the_patch(trainer):
    found = trainer.configure_rotation_dummyDA_mirroring_and_inital_patch_size()
    assert len(found) == 4
    assert tuple(found[3]) == (0, 1, 2)
    assert sorted(trainer.plans_manager.transpose_forward) == [0, 1, 2]
