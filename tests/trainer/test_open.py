"""A model is opened by the trainer that made it; what is no model is named."""

import json
from types import SimpleNamespace

import pytest

from labelct.errors import InputError
from labelct.trainer import open as opening
from labelct.trainer.open import open_model
from labelct.trainer.settings import DeviceSettings


def test_the_kind_in_the_model_chooses_the_trainer(tmp_path, monkeypatch) -> None:
    (tmp_path / "model.json").write_text(json.dumps({"settings": {"kind": "third"}}))
    third = SimpleNamespace(load=lambda *given: given)
    monkeypatch.setattr(opening, "TRAINERS", {**opening.TRAINERS, "third": third})
    device = DeviceSettings()
    assert open_model(tmp_path, device, "how") == (tmp_path, device, "how")


def test_a_model_of_an_unknown_trainer_says_which_are_known(tmp_path) -> None:
    (tmp_path / "model.json").write_text(json.dumps({"settings": {"kind": "forest"}}))
    with pytest.raises(InputError, match=r"unknown trainer 'forest'; train with one of trainer=unet, nnunet"):
        open_model(tmp_path, DeviceSettings())


def test_folder_without_a_model_is_named(tmp_path) -> None:
    with pytest.raises(InputError, match=r"model\.json: no such file"):
        open_model(tmp_path, DeviceSettings())
