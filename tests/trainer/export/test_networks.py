"""A model of the shared loop works from any folder once the one it was trained in is gone."""

import shutil

import numpy as np
import pytest
import torch

from labelct.errors import InputError
from labelct.trainer.export import networks
from labelct.trainer.model import read_checkpoint
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.table import open_model, trainer_of
from labelct.volume import Volume
from tests.edges import models

LABELS = {"liver": 1, "spleen": 3}
CPU = DeviceSettings(threads=1)


def volume():
    """Return noise of soft tissue."""
    hu = np.random.default_rng(0).normal(40, 80, (24, 20, 18)).astype(np.float32)
    return Volume(hu, np.diag([4.0, 4.0, 4.0, 1.0]))


def exported(made, output, form="labelct", half=False):
    """Export a model, and take its own folder away."""
    trainer = trainer_of(made)
    output.mkdir()
    trainer.export(made, output, form, half)
    shutil.rmtree(made)
    return output


@pytest.mark.parametrize("kind", ["unet", "resunet25d"])
@pytest.mark.parametrize("half", [False, True])
def test_the_masks_of_a_moved_model_are_those_of_the_trained_one(tmp_path, kind, half):
    made = getattr(models, kind)(tmp_path / "made", LABELS)
    before = open_model(made, CPU)
    expected = before.predict(volume())
    folder = exported(made, tmp_path / "out", half=half)
    assert sorted(path.name for path in folder.iterdir()) == ["best.ckpt", "model.json"]
    held = read_checkpoint(folder / "best.ckpt")
    assert list(held) == ["state_dict"]
    assert {value.dtype for value in held["state_dict"].values()} == {torch.float16 if half else torch.float32}
    after = open_model(folder, CPU)
    assert {value.dtype for value in after.network.parameters()} == {torch.float32}
    found = after.predict(volume())
    assert set(np.unique(expected)) == {0, 1, 3}
    assert (found == expected).mean() > 0.98 if half else (found == expected).all()


def test_the_checkpoint_that_a_model_segments_with_goes_along(tmp_path):
    made = models.unet(tmp_path / "made", {"liver": 1}, prediction=models.PredictionSettings(checkpoint="last"))
    (made / "best.ckpt").rename(made / "last.ckpt")
    assert (exported(made, tmp_path / "out") / "last.ckpt").is_file()


def test_an_unfinished_training_is_one_line(tmp_path):
    made = models.unet(tmp_path / "made", {"liver": 1})
    (made / "best.ckpt").unlink()
    with pytest.raises(InputError, match=r"best\.ckpt: no such checkpoint; point to the folder of a finished training"):
        trainer_of(made).export(made, tmp_path / "out", "labelct", False)


@pytest.mark.parametrize(
    ("kind", "shape", "labels", "activation"),
    [("unet", (1, 16, 16, 16), LABELS, "softmax"), ("resunet25d", (3, 16, 16), {"liver": 1}, "sigmoid")],
)
def test_a_bare_network_says_how_it_is_fed(tmp_path, kind, shape, labels, activation):
    found = networks.bare(open_model(getattr(models, kind)(tmp_path, labels), CPU))
    scores = found.network(torch.zeros(2, *found.shape))
    assert found.shape == shape
    assert scores.shape[:2] == (2, 1 if activation == "sigmoid" else len(labels) + 1)
    fed = found.feeding
    assert (fed.activation, fed.labels, list(fed.window)) == (activation, labels, list(shape[1:]))
    assert fed.intensity == {"low": -160.0, "high": 240.0, "mean": 40.0, "sd": 100.0}
