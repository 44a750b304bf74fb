"""The table of trainers is what the configuration offers; a model is opened by the one that made it."""

import json
from types import SimpleNamespace

import pytest
import yaml

from labelct.config import ConfigError, configuration_folder
from labelct.errors import InputError
from labelct.trainer import table
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.table import TRAINERS, open_model


@pytest.mark.parametrize("kind", TRAINERS)
def test_a_trainer_is_chosen_by_its_name(configured, kind: str) -> None:
    assert type(configured(f"trainer={kind}").trainer) is TRAINERS[kind].Settings


def test_every_shipped_option_is_of_a_trainer_in_the_table() -> None:
    options = [yaml.safe_load(path.read_text()) for path in (configuration_folder() / "trainer").glob("*.yaml")]
    assert {option["kind"] for option in options if "kind" in option} <= set(TRAINERS)


def test_another_kind_is_refused_with_those_there_are(configured) -> None:
    with pytest.raises(ConfigError, match="unet, resunet25d, nnunet"):
        configured("trainer.kind=resnet")


def test_the_kind_in_the_model_chooses_the_trainer(tmp_path, monkeypatch) -> None:
    (tmp_path / "model.json").write_text(json.dumps({"settings": {"kind": "third"}, "labels": {"liver": 1}}))
    third = SimpleNamespace(load=lambda *given: given)
    monkeypatch.setattr(table, "TRAINERS", {**table.TRAINERS, "third": third})
    device = DeviceSettings()
    assert open_model(tmp_path, device, "how") == (tmp_path, device, "how")


def test_a_model_of_an_unknown_trainer_says_which_are_known(tmp_path) -> None:
    (tmp_path / "model.json").write_text(json.dumps({"settings": {"kind": "forest"}, "labels": {"liver": 1}}))
    with pytest.raises(
        InputError, match=r"unknown trainer 'forest'; train with one of trainer=unet, resunet25d, nnunet"
    ):
        open_model(tmp_path, DeviceSettings())


def test_folder_without_a_model_is_named(tmp_path) -> None:
    with pytest.raises(InputError, match=r"model\.json: no such file"):
        open_model(tmp_path, DeviceSettings())
