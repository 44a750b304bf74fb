"""The table of trainers is what the configuration offers."""

import pytest
import yaml

from labelct.config import ConfigError, configuration_folder
from labelct.trainer.table import TRAINERS


@pytest.mark.parametrize("kind", TRAINERS)
def test_a_trainer_is_chosen_by_its_name(configured, kind: str) -> None:
    assert type(configured(f"trainer={kind}").trainer) is TRAINERS[kind].Settings


def test_every_shipped_option_is_of_a_trainer_in_the_table() -> None:
    options = [yaml.safe_load(path.read_text()) for path in (configuration_folder() / "trainer").glob("*.yaml")]
    assert {option["kind"] for option in options if "kind" in option} <= set(TRAINERS)


def test_another_kind_is_refused_with_those_there_are(configured) -> None:
    with pytest.raises(ConfigError, match="unet, nnunet"):
        configured("trainer.kind=resnet")
