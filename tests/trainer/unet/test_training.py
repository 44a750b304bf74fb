"""A U-Net learns, is resumed bit by bit, and is left alone when it is finished."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from labelct.errors import InputError
from labelct.tracking import Tracker
from labelct.trainer.unet import load
from labelct.trainer.unet.settings import PredictionSettings
from labelct.trainer.unet.training import train
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
    assert steps[0] == steps[1] == ["10", "15", "20", "30", "30"]


def test_last_step_is_validated_and_a_finished_run_is_left_alone(training_set, tiny, tmp_path: Path) -> None:
    settings = tiny(steps=7, validate_every=5)
    train(task(settings), training_set.folder, tmp_path, Tracker())
    assert [row["step"] for row in rows(tmp_path / "log.csv") if row["dice"]] == ["5", "7"]
    written = (tmp_path / "last.ckpt").stat().st_mtime_ns
    train(task(settings), training_set.folder, tmp_path, Tracker())
    assert (tmp_path / "last.ckpt").stat().st_mtime_ns == written
    assert {path.name for path in tmp_path.iterdir()} >= {"model.json", "best.ckpt", "last.ckpt", "log.csv"}
    assert not (tmp_path / "lightning_logs").exists()


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
