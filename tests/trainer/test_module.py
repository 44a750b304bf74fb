"""Learning rates, the Dice of a validation, and checkpoints that are written whole."""

import math
from dataclasses import asdict
from types import SimpleNamespace

import pytest
import torch

from labelct.tracking import Tracker
from labelct.trainer import progress
from labelct.trainer.clock import TrainingClock
from labelct.trainer.module import Checkpoints, SegmentationModule, rate_at
from labelct.trainer.unet.family import UNET
from labelct.trainer.unet.settings import UNetSettings


@pytest.mark.parametrize(("schedule", "half"), [("cosine", 0.5), ("poly", 0.5**0.9), ("constant", 1.0)])
def test_the_rate_rises_and_falls_as_said(schedule: str, half: float) -> None:
    settings = UNetSettings(steps=110, warmup=10, schedule=schedule)
    rates = [rate_at(step, settings) for step in range(110)]
    assert rates[:10] == pytest.approx([(step + 1) / 11 for step in range(10)])
    assert rates[10] == 1
    assert rates[60] == pytest.approx(half)
    assert rates[10:] == sorted(rates[10:], reverse=True)


def test_the_rate_follows_steps_or_minutes_whichever_is_further() -> None:
    settings = UNetSettings(steps=1000, warmup=0, schedule="poly")
    assert rate_at(100, settings, 0.05) == rate_at(100, settings)
    assert rate_at(100, settings, 0.75) == pytest.approx(0.25**0.9)
    assert rate_at(100, settings, 1.0) == 0
    assert rate_at(3, UNetSettings(steps=1000, warmup=9), 0.9) == pytest.approx(0.4)


@pytest.mark.parametrize("optimiser", ["sgd", "adamw"])
def test_no_part_of_a_step_reads_from_the_device(optimiser: str, tmp_path, monkeypatch) -> None:
    """Tensors without numbers stand for those of a GPU: whoever reads one, for which it would have to wait, fails."""
    settings = UNetSettings(channels=[4, 8, 8], patch=[16] * 3, deep_supervision=1, optimiser=optimiser, minutes=1.0)
    clock = TrainingClock(1.0)
    module = SegmentationModule(UNET, {"settings": asdict(settings), "labels": {"liver": 1, "spleen": 2}}, clock).to(
        "meta"
    )
    module.on_fit_start()
    made, fetched = module.configure_optimizers(), []
    coming = SimpleNamespace(ready=lambda: False)
    monkeypatch.setattr(progress, "Fetched", lambda value: fetched.append(value) or coming)
    run = SimpleNamespace(global_step=0, max_steps=99, should_stop=False, world_size=1, optimizers=[made["optimizer"]])
    callbacks = [clock, progress.Curves(tmp_path / "log.csv", ["liver"], Tracker(), 0), progress.StepBar(99, clock)]
    clock.on_train_start(run, module)
    for run.global_step in range(1, 11):
        batch = torch.empty(2, 1, 16, 16, 16, device="meta"), torch.empty(2, 1, 16, 16, 16, device="meta").byte()
        loss = module.training_step(batch, 0)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 12.0)
        made["optimizer"].step()
        made["lr_scheduler"]["scheduler"].step()
        for callback in callbacks:
            callback.on_train_batch_end(run, module, {"loss": loss})
    assert len(fetched) == 1 + 9 + 1  # the mean of ten steps; what the bar shows


def test_a_validation_takes_the_mean_over_the_cases_that_hold_a_label() -> None:
    settings = UNetSettings(channels=[4, 8, 8], patch=[16, 16, 16])
    module = SegmentationModule(UNET, {"settings": asdict(settings), "labels": {"liver": 1, "spleen": 2}})
    module.network = torch.nn.Conv3d(1, 3, 1)
    with torch.no_grad():
        module.network.weight[:] = torch.tensor([-1.0, 1.0, -9.0])[:, None, None, None, None]
        module.network.bias.zero_()
    image = torch.full((1, 1, 16, 16, 16), -1.0)
    image[..., :8] = 1.0  # the network says liver here and background elsewhere
    truth = torch.zeros(1, 1, 16, 16, 16, dtype=torch.uint8)
    truth[..., 4:8] = 1
    for labels in (truth, torch.zeros_like(truth)):
        module.validation_step((image, labels), 0)
    module.trainer = SimpleNamespace(strategy=SimpleNamespace(reduce=lambda sums, reduce_op: sums))
    module.on_validation_epoch_end()
    assert module.scores["liver"] == pytest.approx(2 * 4 / (8 + 4))
    assert math.isnan(module.scores["spleen"])


def test_a_validation_leaves_out_voxels_to_ignore() -> None:
    """The network says liver in 8 of 16 layers; 4 are liver, 2 of the others are ignored: 2 x 4 / (6 + 4)."""
    settings = UNetSettings(channels=[4, 8, 8], patch=[16, 16, 16])
    module = SegmentationModule(UNET, {"settings": asdict(settings), "labels": {"liver": 1}, "ignore": 2})
    module.network = torch.nn.Conv3d(1, 2, 1)
    with torch.no_grad():
        module.network.weight[:] = torch.tensor([-1.0, 1.0])[:, None, None, None, None]
        module.network.bias.zero_()
    image = torch.full((1, 1, 16, 16, 16), -1.0)
    image[..., :8] = 1.0
    labels = torch.zeros(1, 1, 16, 16, 16, dtype=torch.uint8)
    labels[..., 4:8], labels[..., :2] = 1, 2
    module.validation_step((image, labels), 0)
    assert module.sums.tolist() == [pytest.approx([0.8, 1.0])]
    assert module.loss.ignore == 2


def test_the_best_checkpoint_is_the_one_of_the_highest_dice(tmp_path) -> None:
    written = []
    trainer = SimpleNamespace(is_global_zero=True, save_checkpoint=lambda path: path.write_text(f"{len(written)}"))
    checkpoints = Checkpoints(tmp_path)
    for dice in (0.2, 0.6, 0.4):
        checkpoints.on_validation_end(trainer, SimpleNamespace(scores={"liver": dice}))
        written.append(dice)
    assert (tmp_path / "best.ckpt").read_text() == "1"
    assert (tmp_path / "last.ckpt").read_text() == "2"
    assert not list(tmp_path.glob(".*"))
    resumed = Checkpoints(tmp_path)
    resumed.load_state_dict(checkpoints.state_dict())
    assert resumed.best == 0.6
