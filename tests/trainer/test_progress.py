"""Curves of a training: means of ten steps, and no row of what an interrupted run did after its last checkpoint."""

import csv
import logging
import math
from types import SimpleNamespace

import pytest
import torch

from labelct.errors import InputError
from labelct.tracking import Tracker
from labelct.trainer.clock import TrainingClock
from labelct.trainer.progress import EVERY, Curves, StepBar, mean, quiet

MODULE = SimpleNamespace(scores={"liver": 0.5, "spleen": math.nan})


def at(step: int) -> SimpleNamespace:
    optimizer = SimpleNamespace(param_groups=[{"lr": 0.1}])
    return SimpleNamespace(global_step=step, max_steps=25, should_stop=False, optimizers=[optimizer])


def rows(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_the_log_holds_the_mean_loss_of_the_steps_since_the_last_row(tmp_path) -> None:
    curves = Curves(tmp_path / "log.csv", ["liver", "spleen"], Tracker(), 0)
    for step in range(1, 26):
        curves.on_train_batch_end(at(step), MODULE, {"loss": torch.tensor(float(step))})
    curves.on_validation_end(at(25), MODULE)
    found = rows(tmp_path / "log.csv")
    assert [(row["step"], row["loss"]) for row in found] == [("10", "5.5"), ("20", "15.5"), ("25", "23"), ("25", "")]
    assert (found[-1]["dice"], found[-1]["dice_liver"], found[-1]["dice_spleen"]) == ("0.5", "0.5", "nan")
    assert EVERY == 10


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_training_whose_losses_are_no_numbers_ends_in_one_line_and_leaves_no_row_of_them(tmp_path, loss) -> None:
    curves = Curves(tmp_path / "log.csv", ["liver"], Tracker(), 0)
    for step in range(1, 20):  # one that still has numbers among them may go on
        curves.on_train_batch_end(at(step), MODULE, {"loss": torch.tensor(1.0 if step < 4 else loss)})
    with pytest.raises(InputError, match=rf"^{tmp_path}: the loss is {loss} at step 20: .* diverged; set trainer\."):
        curves.on_train_batch_end(at(20), MODULE, {"loss": torch.tensor(loss)})
    assert [row["step"] for row in rows(tmp_path / "log.csv")] == ["10"]


def test_a_validation_waits_for_what_diverged_before_a_checkpoint_is_written(tmp_path) -> None:
    curves = Curves(tmp_path / "log.csv", ["liver"], Tracker(), 0)
    curves.on_train_batch_end(at(1), MODULE, {"loss": torch.tensor(math.nan)})
    with pytest.raises(InputError, match="diverged"):
        curves.on_validation_end(at(1), MODULE)


def test_a_resumed_run_drops_what_came_after_its_checkpoint(tmp_path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("step,loss\n10,0.9\n15,0.8\n20,0.7\n")
    Curves(path, ["liver"], Tracker(), 15)
    assert [row["step"] for row in rows(path)] == ["10", "15"]
    Curves(path, ["liver"], Tracker(), 0)
    assert rows(path) == []


def test_what_occurs_in_no_case_is_left_out_of_the_mean() -> None:
    assert mean([0.5, math.nan, 1.0]) == 0.75
    assert math.isnan(mean([math.nan]))


def test_a_validation_has_a_line_of_its_own(capsys) -> None:
    bar = StepBar(25, TrainingClock(None))
    bar.on_train_start(at(3), MODULE)
    bar.on_train_batch_end(at(4), MODULE, {"loss": torch.tensor(0.25)})
    bar.on_validation_end(at(4), MODULE)
    bar.teardown(at(4), MODULE, "fit")
    said = capsys.readouterr().out
    assert "step 4: validation Dice 0.500  (liver 0.500  spleen nan)" in said
    assert "4/25" in said
    assert "loss 0.250" in said


def test_the_bar_ends_with_the_dice_of_the_last_validation(monkeypatch) -> None:
    told = []
    monkeypatch.setattr("labelct.events.tell", told.append)
    bar = StepBar(2, TrainingClock(None))
    bar.on_train_start(at(1), MODULE)
    bar.on_train_batch_end(at(2), MODULE, {"loss": torch.tensor(0.25)})
    bar.on_validation_end(at(2), MODULE)
    bar.on_train_end(at(2), MODULE)
    bar.teardown(at(2), MODULE, "fit")
    assert [event.text for event in told if event.done == event.total] == ["loss 0.250  Dice 0.500"]


def test_a_line_says_how_many_targets_it_leaves_out(capsys) -> None:
    StepBar(25, TrainingClock(None)).on_validation_end(at(4), SimpleNamespace(scores={f"t{n}": 0.5 for n in range(8)}))
    assert "t5 0.500  and 2 more)" in " ".join(capsys.readouterr().out.split("\n"))


def test_hints_are_silent_for_a_while() -> None:
    logger = logging.getLogger("lightning.pytorch")
    before = logger.level
    with quiet():
        assert logger.level == logging.ERROR
    assert logger.level == before
