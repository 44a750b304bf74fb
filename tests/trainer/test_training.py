"""A U-Net learns, is resumed bit by bit, and is left alone when it is finished."""

import csv
import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch._dynamo.exc import TorchDynamoException

from labelct.errors import InputError, SettingError
from labelct.tracking import Tracker
from labelct.trainer import module
from labelct.trainer.clock import TrainingClock
from labelct.trainer.module import SegmentationModule
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.unet import fit as train
from labelct.trainer.unet import load
from labelct.trainer.unet.settings import PredictionSettings
from labelct.volume import Volume
from tests.trainer.conftest import CPU, body_with_ball, task


def dice(guess: np.ndarray, truth: np.ndarray) -> float:
    return float(2 * (guess * truth).sum() / (guess.sum() + truth.sum()))


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return torch.load(folder / "last.ckpt", weights_only=True)["state_dict"]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


class Killed(Tracker):
    """A tracker that stops the run at a step, as a kill would."""

    def log(self, metrics, step: int) -> None:
        if step > 20:
            raise KeyboardInterrupt


@pytest.mark.parametrize("network", ["dynunet", "residual"])
@pytest.mark.ci
def test_a_ball_is_learnt_and_found_on_other_grids(training_set, tiny, tmp_path: Path, network: str) -> None:
    train(task(tiny(network=network, steps=60, validate_every=20)), training_set.folder, tmp_path / "model", Tracker())
    assert float(rows(tmp_path / "model/log.csv")[-1]["dice"]) > 0.9
    predictor = load(tmp_path / "model", CPU)
    for shape, spacing in (((32, 30, 28), (4, 4, 4)), ((61, 60, 19), (2.1, 2.0, 6.0)), ((13, 12, 11), (10, 10, 10))):
        hu, truth = body_with_ball(shape, spacing, seed=9)
        found = predictor.predict(Volume(hu, np.diag([*spacing, 1.0])))
        assert found.shape == shape
        assert found.dtype == np.uint8
        assert dice(found, truth) > 0.85


@pytest.mark.ci
def test_slabs_and_mirrors_agree_with_the_whole(training_set, tiny, tmp_path: Path) -> None:
    train(task(tiny(steps=40)), training_set.folder, tmp_path / "model", Tracker())
    hu, _ = body_with_ball((80, 30, 28), (2.0, 4.0, 4.0), seed=5)
    volume = Volume(hu, np.diag([2.0, 4.0, 4.0, 1.0]))
    whole, slabs, mirrored = (
        load(tmp_path / "model", CPU, PredictionSettings(**changes)).predict(volume)
        for changes in ({"body_crop": False}, {"body_crop": False, "memory_gb": 0.01}, {"mirror": True})
    )
    assert whole.sum() > 1000
    assert dice(whole, slabs) > 0.99
    assert dice(whole, mirrored) > 0.95


@pytest.mark.ci
def test_interrupted_run_ends_as_an_uninterrupted_one(training_set, tiny, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(task(tiny(), 3), training_set.folder, tmp_path / "resumed", Killed())
    state = torch.load(tmp_path / "resumed/last.ckpt", weights_only=True)
    assert state["global_step"] == 15
    train(task(tiny(), 3), training_set.folder, tmp_path / "resumed", Tracker())
    train(task(tiny(), 3), training_set.folder, tmp_path / "straight", Tracker())
    resumed, straight = (weights(tmp_path / name) for name in ("resumed", "straight"))
    assert all(torch.equal(resumed[name], straight[name]) for name in straight)
    steps = [[row["step"] for row in rows(tmp_path / name / "log.csv")] for name in ("resumed", "straight")]
    assert steps[0] == steps[1] == ["10", "15", "15", "20", "30", "30"]


@pytest.mark.parametrize("saves", [1, 2])
@pytest.mark.ci
def test_a_run_that_is_killed_behind_either_checkpoint_ends_as_one_that_was_not(
    training_set, tiny, tmp_path: Path, monkeypatch, saves: int
) -> None:
    """The first validation is the best by its Dice alone: what it found is not found again."""
    dice, saved, keep = iter([0.5, 0.5, 0.2, 0.5, 0.2]), [], module.keep
    monkeypatch.setattr("labelct.trainer.module.mean", lambda _: next(dice))

    def stop(trainer, path: Path) -> None:
        keep(trainer, path)
        saved.append(path)
        if len(saved) == saves:
            raise KeyboardInterrupt

    settings = tiny(steps=6, validate_every=3)
    monkeypatch.setattr(module, "keep", stop)
    with pytest.raises(KeyboardInterrupt):
        train(task(settings), training_set.folder, tmp_path / "resumed", Tracker())
    monkeypatch.setattr(module, "keep", keep)
    if saves == 2:
        next(dice)
    train(task(settings), training_set.folder, tmp_path / "resumed", Tracker())
    dice = iter([0.5, 0.2])
    train(task(settings), training_set.folder, tmp_path / "straight", Tracker())
    for name in ("best.ckpt", "last.ckpt"):
        resumed, straight = (
            torch.load(tmp_path / run / name, weights_only=True)["state_dict"] for run in ("resumed", "straight")
        )
        assert all(torch.equal(resumed[key], straight[key]) for key in straight)
    found = [[{**row, "seconds": ""} for row in rows(tmp_path / run / "log.csv")] for run in ("resumed", "straight")]
    assert found[0] == found[1]
    assert [row["step"] for row in found[0]] == ["3", "3", "6", "6"]


def test_a_run_without_any_dice_that_is_killed_at_its_end_has_a_best_checkpoint(
    training_set, tiny, tmp_path: Path
) -> None:
    train(task(tiny(steps=2)), training_set.folder, tmp_path, Tracker())
    (tmp_path / "best.ckpt").unlink()
    train(task(tiny(steps=2)), training_set.folder, tmp_path, Tracker())
    assert (tmp_path / "best.ckpt").read_bytes() == (tmp_path / "last.ckpt").read_bytes()


def test_last_step_is_validated_and_a_finished_run_is_left_alone(training_set, tiny, tmp_path: Path) -> None:
    settings = tiny(steps=7, validate_every=5)
    train(task(settings), training_set.folder, tmp_path, Tracker())
    assert [row["step"] for row in rows(tmp_path / "log.csv") if row["dice"]] == ["5", "7"]
    written = (tmp_path / "last.ckpt").stat().st_mtime_ns
    train(task(settings), training_set.folder, tmp_path, Tracker())
    assert (tmp_path / "last.ckpt").stat().st_mtime_ns == written
    assert {path.name for path in tmp_path.iterdir()} >= {"model.json", "best.ckpt", "last.ckpt", "log.csv"}
    assert not (tmp_path / "lightning_logs").exists()


def test_a_checkpoint_of_something_else_is_one_line(training_set, tiny, tmp_path: Path) -> None:
    train(task(tiny(steps=2)), training_set.folder, tmp_path, Tracker())
    held = torch.load(tmp_path / "last.ckpt", weights_only=True) | {"global_step": 1}
    changes = ({"callbacks": None}, {"global_step": "x"}, {"state_dict": {}}, {"optimizer_states": [{}]}, {"loops": 3})
    for foreign in ({}, *(held | change for change in changes)):
        torch.save(foreign, tmp_path / "last.ckpt")
        with pytest.raises(InputError, match="no checkpoint that this training can go on from") as error:
            train(task(tiny(steps=2)), training_set.folder, tmp_path, Tracker())
        assert "\n" not in str(error.value)


def test_training_without_validation_cases_leaves_both_checkpoints(training_set, tiny, tmp_path: Path) -> None:
    splits = training_set.folder / "splits_final.json"
    splits.write_text(json.dumps([{"train": ["a"], "val": []}]))
    train(task(tiny(steps=3)), training_set.folder, tmp_path / "model", Tracker())
    assert load(tmp_path / "model", CPU).labels == {"liver": 1}
    assert (tmp_path / "model/last.ckpt").exists()


def test_other_settings_in_the_same_folder_are_refused(training_set, tiny, tmp_path: Path) -> None:
    train(task(tiny(steps=2)), training_set.folder, tmp_path / "model", Tracker())
    with pytest.raises(InputError, match="other settings"):
        train(task(tiny(steps=3)), training_set.folder, tmp_path / "model", Tracker())


def test_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"model\.json: no such file"):
        load(tmp_path, CPU)


def test_patches_cut_on_the_device_train_the_same_network(training_set, tiny, tmp_path: Path) -> None:
    settings = tiny(steps=6, validate_every=3)
    for sampling in ("workers", "device"):
        device = DeviceSettings(threads=1, sampling=sampling)
        train(task(settings, device=device), training_set.folder, tmp_path / sampling, Tracker())
    by_workers, on_device = (weights(tmp_path / name) for name in ("workers", "device"))
    assert all(torch.equal(by_workers[name], on_device[name]) for name in by_workers)


class Ticking:
    """A clock that goes on by a second whenever it is read."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        self.at += 1.0
        return self.at


@pytest.mark.ci
def test_a_training_by_time_ends_with_it_and_goes_on_where_it_was(training_set, tiny, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("labelct.trainer.training.TrainingClock", partial(TrainingClock, now=Ticking()))
    settings = tiny(steps=1000, minutes=0.5, validate_every=15, warmup=0, schedule="poly")
    with pytest.raises(KeyboardInterrupt):
        train(task(settings), training_set.folder, tmp_path, Killed())
    state = torch.load(tmp_path / "last.ckpt", weights_only=True)
    spent = state["callbacks"]["TrainingClock"]["seconds"]
    assert state["global_step"] == 15
    assert 15 < spent < 20
    train(task(settings), training_set.folder, tmp_path, Tracker())
    state = torch.load(tmp_path / "last.ckpt", weights_only=True)
    assert 25 <= state["global_step"] <= 30
    assert state["callbacks"]["TrainingClock"]["seconds"] >= 30
    rates = [float(row["learning_rate"]) for row in rows(tmp_path / "log.csv") if row["learning_rate"]]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == pytest.approx(1e-2 * (1 - 11 / 30) ** 0.9, rel=0.1)
    assert rates[-1] < 1e-3
    written = (tmp_path / "last.ckpt").stat().st_mtime_ns
    train(task(settings), training_set.folder, tmp_path, Tracker())
    assert (tmp_path / "last.ckpt").stat().st_mtime_ns == written


@pytest.mark.ci
def test_a_full_card_is_one_line_and_the_training_goes_on_later(training_set, tiny, tmp_path, monkeypatch) -> None:
    step = SegmentationModule.training_step

    def full(module, batch, index):
        if module.global_step == 20:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB\nand more")
        return step(module, batch, index)

    with monkeypatch.context() as patched:
        patched.setattr(SegmentationModule, "training_step", full)
        with pytest.raises(InputError) as caught:
            train(task(tiny()), training_set.folder, tmp_path / "full", Tracker())
    assert str(caught.value) == (
        "device=cpu: the card's memory is full at step 20 (0.0 GiB of it hold this training); set trainer.batch or "
        f"trainer.patch smaller, or free the card: the same command goes on from {tmp_path / 'full' / 'last.ckpt'}"
    )
    train(task(tiny()), training_set.folder, tmp_path / "full", Tracker())
    train(task(tiny()), training_set.folder, tmp_path / "straight", Tracker())
    resumed, straight = weights(tmp_path / "full"), weights(tmp_path / "straight")
    assert all(torch.equal(resumed[name], straight[name]) for name in straight)


def test_the_step_is_compiled_where_asked_and_a_failure_is_one_line(training_set, tiny, tmp_path, monkeypatch) -> None:
    device, compiled = DeviceSettings(threads=1, compile="true"), []

    def once(function, dynamic):
        compiled.append(function)
        return function

    monkeypatch.setattr(torch, "compile", once)
    train(task(tiny(steps=2), device=device), training_set.folder, tmp_path / "a", Tracker())
    train(task(tiny(steps=2)), training_set.folder, tmp_path / "b", Tracker())
    assert len(compiled) == 1
    assert weights(tmp_path / "a").keys() == weights(tmp_path / "b").keys()

    def fails(function, dynamic):
        def call(image):
            raise TorchDynamoException("backend fails\nat length")

        return call

    monkeypatch.setattr(torch, "compile", fails)
    with pytest.raises(
        SettingError, match=r"^device\.compile='true': allowed is false; torch cannot compile .* fails$"
    ):
        train(task(tiny(steps=2), device=device), training_set.folder, tmp_path / "c", Tracker())
