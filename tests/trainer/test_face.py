"""Every trainer of the table has the whole face, argument by argument."""

import inspect

import pytest

from labelct.trainer.face import Trainer
from labelct.trainer.table import TRAINERS


@pytest.mark.parametrize("kind", TRAINERS)
@pytest.mark.parametrize("name", ["check", "prepare", "fit", "load", "export"])
def test_every_trainer_takes_what_the_face_says(kind: str, name: str) -> None:
    wanted = [parameter for parameter in inspect.signature(getattr(Trainer, name)).parameters if parameter != "self"]
    found = inspect.signature(getattr(TRAINERS[kind], name))
    assert list(found.parameters) == wanted
    assert len(wanted) <= 4


@pytest.mark.parametrize("kind", TRAINERS)
def test_settings_know_their_kind_and_how_to_predict(kind: str) -> None:
    settings = TRAINERS[kind].Settings()
    assert settings.kind == kind
    assert type(settings.prediction)() == settings.prediction


@pytest.mark.parametrize("kind", TRAINERS)
def test_every_trainer_gives_the_folder_that_it_loads(kind: str) -> None:
    assert TRAINERS[kind].FORMATS[0] == "labelct"
