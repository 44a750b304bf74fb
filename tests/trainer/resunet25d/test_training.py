"""A bright disc is learnt in seconds and found on other grids; a killed training ends as one that was not."""

import csv
from pathlib import Path

import nibabel
import numpy as np
import pytest
import torch

from labelct.commands import segment
from labelct.dataset import write_index
from labelct.errors import InputError
from labelct.tracking import Tracker
from labelct.trainer import ddp_worker
from labelct.trainer.drawn import OnlinePatches
from labelct.trainer.normalisation import BUILTIN
from labelct.trainer.resunet25d import check, fit, load
from labelct.trainer.resunet25d.settings import AugmentationSettings, ResUNetSettings
from labelct.trainer.resunet25d.slices import Slices
from labelct.trainer.settings import NormalisationSettings, PredictionSettings
from labelct.volume import Volume
from tests.trainer.conftest import CPU, body_with_ball, task

LIGHT = AugmentationSettings(rotation=15.0, crop=0.8)


def small(**changes) -> ResUNetSettings:
    values = {"channels": [8, 16, 32], "size": 32, "steps": 30, "validate_every": 15, "learning_rate": 1e-2}
    return ResUNetSettings(**{**values, "foreground": 0.5, "schedule": "cosine", "augmentation": LIGHT, **changes})


def dice(guess: np.ndarray, truth: np.ndarray) -> float:
    return float(2 * (guess * truth).sum() / (guess.sum() + truth.sum()))


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return torch.load(folder / "last.ckpt", weights_only=True)["state_dict"]


class Killed(Tracker):
    """A tracker that stops the run at a step, as a kill would."""

    def log(self, metrics, step: int) -> None:
        if step > 20:
            raise KeyboardInterrupt


def test_a_disc_is_learnt_and_found_on_other_grids(training_set, tmp_path: Path) -> None:
    fit(task(small(steps=100, validate_every=50)), training_set.folder, tmp_path / "model", Tracker())
    with (tmp_path / "model/log.csv").open(newline="") as file:
        assert float(list(csv.DictReader(file))[-1]["dice"]) > 0.9
    predictor = load(tmp_path / "model", CPU, PredictionSettings(overlap=0.25))
    for shape, spacing in (((32, 30, 28), (4, 4, 4)), ((61, 60, 19), (2.1, 2.0, 6.0)), ((70, 66, 9), (4, 4, 12))):
        hu, truth = body_with_ball(shape, spacing, seed=9)
        found = predictor.predict(Volume(hu, np.diag([*spacing, 1.0])))
        assert found.shape == shape
        assert found.dtype == np.uint8
        assert dice(found, truth) > 0.85
    hu, truth = body_with_ball((40, 39, 9), (3.0, 3.0, 12.0), seed=4)
    mirrored = load(tmp_path / "model", CPU, PredictionSettings(overlap=0.25, mirror=True))
    assert dice(mirrored.predict(Volume(hu, np.diag([3.0, 3.0, 12.0, 1.0]))), truth) > 0.85
    affine = np.array([[-3.0, 0, 0, 60], [0, 3.0, 0, -9], [0, 0, 12.0, 4], [0, 0, 0, 1]])  # x grows to the left
    nibabel.save(nibabel.Nifti1Image(hu[::-1].astype(np.int16), affine), tmp_path / "thick.nii.gz")
    arguments = (tmp_path / "thick.nii.gz", "-o", tmp_path / "masks", "--model", tmp_path / "model")
    assert segment.main([str(argument) for argument in arguments]) == 0
    (written,) = (tmp_path / "masks").glob("*.nii.gz")
    np.testing.assert_array_equal(nibabel.load(written).affine, affine)
    assert dice(np.asarray(nibabel.load(written).dataobj)[::-1], truth) > 0.85


@pytest.mark.ci
def test_interrupted_run_ends_as_an_uninterrupted_one(training_set, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        fit(task(small(), 3), training_set.folder, tmp_path / "resumed", Killed())
    assert torch.load(tmp_path / "resumed/last.ckpt", weights_only=True)["global_step"] == 15
    for name in ("resumed", "straight"):
        fit(task(small(), 3), training_set.folder, tmp_path / name, Tracker())
    resumed, straight = (weights(tmp_path / name) for name in ("resumed", "straight"))
    assert all(torch.equal(resumed[name], straight[name]) for name in straight)
    with pytest.raises(InputError, match="other settings"):
        fit(task(small(context=2), 3), training_set.folder, tmp_path / "resumed", Tracker())


def test_a_further_process_trains_what_the_first_one_describes(training_set, tmp_path: Path) -> None:
    """Epochs are counted once: the job says how many steps they are."""
    wanted = small(steps=0, epochs=1, batch=42, validate_every=0)
    fit(task(wanted), training_set.folder, tmp_path, Tracker())
    first = weights(tmp_path)
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["global_step"] == 2
    (tmp_path / "last.ckpt").unlink()
    ddp_worker.main(tmp_path)
    assert all(torch.equal(first[name], again) for name, again in weights(tmp_path).items())


@pytest.mark.ci
def test_volumes_drawn_while_it_trains_are_learnt_from(volumes, training_set, tmp_path: Path) -> None:
    def batches(start: int) -> OnlinePatches:
        cut = Slices([], small(), BUILTIN["liver"], (6.0, 6.0, 0.0), {"liver": 1}, 0, start)
        return OnlinePatches(volumes, cut)

    for one, other in zip(batches(0)[9], batches(9)[0], strict=True):
        assert torch.equal(one, other)
    assert batches(0)[9][0].shape == (8, 3, 32, 32)
    fit(task(small(steps=2, validate_every=2), volumes=volumes), training_set.folder, tmp_path, Tracker())
    assert all(weight.isfinite().all() for weight in weights(tmp_path).values())


@pytest.mark.ci
def test_several_targets_share_a_softmax(training_set, tmp_path: Path) -> None:
    write_index(training_set.folder, ["liver", "spleen"], {"train": ["a"], "val": ["v"]}, (4.0, 4.0, 4.0))
    fit(task(small(steps=2, validate_every=2)), training_set.folder, tmp_path / "model", Tracker())
    assert load(tmp_path / "model", CPU).labels == {"liver": 1, "spleen": 2}
    assert weights(tmp_path / "model")["network.model.2.1.conv.unit0.conv.weight"].shape[0] == 3


@pytest.mark.ci
def test_a_network_of_its_own_intensities_knows_no_unit(training_set, tmp_path: Path) -> None:
    """Ten times the value and an offset, as another scanner's MR may have them: the same segmentation."""
    wanted = small(steps=4, validate_every=2, normalisation=NormalisationSettings(source="volume"))
    fit(task(wanted), training_set.folder, tmp_path / "model", Tracker())
    predictor = load(tmp_path / "model", CPU)
    hu, _ = body_with_ball(seed=5)
    one, other = (predictor.predict(Volume(image, np.diag([4.0, 4.0, 4.0, 1.0]))) for image in (hu, 10 * hu + 12_000))
    assert 0 < one.sum() < one.size
    assert (one != other).mean() < 1e-3


def test_the_device_is_asked_before_the_work(tmp_path: Path, monkeypatch) -> None:
    asked = []
    monkeypatch.setattr("labelct.trainer.memory.check_memory", lambda family, given: asked.append(given.settings.kind))
    check(task(small()), lambda: None, tmp_path)
    assert asked == ["resunet25d"]
