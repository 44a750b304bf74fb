"""A model of nnU-Net works from any folder once the one it was trained in is gone."""

import numpy as np
import pytest
import torch

from labelct.errors import InputError
from labelct.trainer.model import read_checkpoint
from labelct.trainer.nnunet.compat import fold_of
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.table import open_model, trainer_of
from tests.edges import models
from tests.trainer.export.test_networks import exported, volume

LABELS = {"liver": 1, "spleen": 2}


@pytest.mark.parametrize("half", [False, True])
def test_the_masks_of_a_moved_model_are_those_of_the_trained_one(tmp_path, half):
    made = models.nnunet(tmp_path / "made", LABELS)
    expected = open_model(made, DeviceSettings(threads=1)).predict(volume())
    folder = exported(made, tmp_path / "out", half=half)
    held = read_checkpoint(fold_of(folder, "3d_fullres") / "checkpoint_final.pth")
    assert "optimizer_state" not in held
    assert {value.dtype for value in held["network_weights"].values()} == {torch.float16 if half else torch.float32}
    found = open_model(folder, DeviceSettings(threads=1)).predict(volume())
    assert set(np.unique(expected)) == {0, 1, 2}
    assert (found == expected).mean() > 0.98 if half else (found == expected).all()


def test_an_unfinished_training_is_one_line(tmp_path):
    made = models.nnunet(tmp_path / "made", LABELS)
    (fold_of(made, "3d_fullres") / "checkpoint_final.pth").unlink()
    with pytest.raises(InputError, match="no such checkpoint"):
        trainer_of(made).export(made, tmp_path / "out", "nnunet", False)
