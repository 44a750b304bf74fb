"""Learning rates, the Dice of a validation, and checkpoints that are written whole."""

import math
from dataclasses import asdict
from types import SimpleNamespace

import pytest
import torch

from labelct.trainer.unet.module import Checkpoints, SegmentationModule, rate_at
from labelct.trainer.unet.settings import UNetSettings


@pytest.mark.parametrize(("schedule", "half"), [("cosine", 0.5), ("poly", 0.5**0.9), ("constant", 1.0)])
def test_the_rate_rises_and_falls_as_said(schedule: str, half: float) -> None:
    settings = UNetSettings(steps=110, warmup=10, schedule=schedule)
    rates = [rate_at(step, settings) for step in range(110)]
    assert rates[:10] == pytest.approx([(step + 1) / 11 for step in range(10)])
    assert rates[10] == 1
    assert rates[60] == pytest.approx(half)
    assert rates[10:] == sorted(rates[10:], reverse=True)


def test_a_validation_takes_the_mean_over_the_cases_that_hold_a_label() -> None:
    settings = UNetSettings(channels=[4, 8, 8], patch=[16, 16, 16])
    module = SegmentationModule({"settings": asdict(settings), "labels": {"liver": 1, "spleen": 2}})
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
