"""A cascade works from any folder once the one it was trained in is gone, and is no file of one network."""

import shutil

import numpy as np
import pytest

from labelct.errors import InputError
from labelct.trainer import unet
from labelct.trainer.model import model_key
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.table import open_model
from labelct.volume import Volume
from tests.trainer.unet.cascade.test_predictor import left

CPU = DeviceSettings(threads=1)


def test_the_masks_of_a_moved_cascade_are_those_of_the_trained_one(tmp_path):
    hu = np.random.default_rng(0).normal(40, 80, (24, 20, 18)).astype(np.float32)
    volume = Volume(hu, np.diag([4.0, 4.0, 4.0, 1.0]))
    made, output = left(tmp_path / "made"), tmp_path / "out"
    expected = open_model(made, CPU).predict(volume)
    output.mkdir()
    unet.export(made, output, "labelct", half=False)
    shutil.rmtree(made)
    assert (open_model(output, CPU).predict(volume) == expected).all()
    before = model_key(output)
    (output / "fine/best.ckpt").write_bytes(b"another")
    assert model_key(output) != before


@pytest.mark.parametrize("form", ["monai", "onnx"])
def test_a_format_of_one_network_is_refused_in_one_line(tmp_path, form):
    made, output = left(tmp_path / "made"), tmp_path / "out"
    output.mkdir()
    with pytest.raises(InputError, match=f"is a cascade of two networks, and a file of --format {form} holds one"):
        unet.export(made, output, form, half=False)
    assert list(output.iterdir()) == []
