"""A window takes the memory of a network's largest layer, and a model that asks for more is refused when opened."""

from dataclasses import asdict, replace

import pytest
import torch

from labelct.errors import InputError
from labelct.trainer import window_memory
from labelct.trainer.predictor import NetworkPredictor
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.unet.family import UNET
from labelct.trainer.unet.settings import UNetSettings
from labelct.trainer.window_memory import GIB, check_window, least_memory
from labelct.writing import write_json

SMALL = UNetSettings(channels=[4, 8, 8], patch=[16, 16, 16])


def small(settings: UNetSettings = SMALL) -> torch.nn.Module:
    with torch.device("meta"):
        return UNET.build(settings, 3).eval()


def test_the_largest_layer_joins_two_maps_of_the_full_grid():
    # The last block of the decoder sees its own four maps and the encoder's four, and makes four of them.
    assert least_memory(small(), (1, 16, 16, 16)) == (4 + 4 + 4) * 16**3 * 4
    assert least_memory(small(), (1, 32, 32, 32)) == 8 * least_memory(small(), (1, 16, 16, 16))


def test_more_than_the_machine_has_is_refused_with_both_sizes(tmp_path, monkeypatch):
    monkeypatch.setattr(window_memory.psutil, "virtual_memory", lambda: type("M", (), {"total": 24 * GIB}))
    said = r"plans\.json: a patch of 1024 x 1024 x 1024 needs at least 48\.0 GiB, this machine has 24\.0; take a model"
    with pytest.raises(InputError, match=said):
        check_window(tmp_path / "plans.json", small(), (1, 1024, 1024, 1024), "cpu")
    check_window(tmp_path / "plans.json", small(), (1, 1024, 1024, 1024), "cpu", mixed=True)
    check_window(tmp_path / "plans.json", small(), (1, 512, 512, 512), "cpu")


def test_a_model_of_vast_patches_is_refused_before_its_weights_are_used(tmp_path):
    model = {"settings": asdict(replace(SMALL, patch=[1024] * 3, channels=[64, 64, 64])), "labels": {"liver": 1}}
    model |= {"spacing": [4.0] * 3, "intensity": {"low": -100.0, "high": 200.0, "mean": 40.0, "sd": 60.0}}
    write_json(tmp_path / "model.json", model)
    torch.save({"state_dict": {}}, tmp_path / "best.ckpt")
    with pytest.raises(InputError, match=r"a patch of 1024 x 1024 x 1024 needs at least 768\.0 GiB, this machine has"):
        NetworkPredictor.load(UNET, tmp_path, DeviceSettings(kind="cpu"))
