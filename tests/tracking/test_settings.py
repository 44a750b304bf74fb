"""Trackers are chosen one by one or several at once."""

import pytest

from labelct.errors import SettingError
from labelct.tracking import LoggerSettings


@pytest.mark.parametrize(
    ("chosen", "on"),
    [
        ("csv", {"csv"}),
        ("none", set()),
        ("wandb", {"wandb"}),
        ("[wandb,csv]", {"wandb", "csv"}),
        ("[tensorboard,mlflow]", {"tensorboard", "mlflow"}),
    ],
)
def test_options_of_the_group_add_up(configured, chosen, on):
    logger = configured(f"logger={chosen}").logger
    assert {name for name in ("csv", "wandb", "tensorboard", "mlflow") if getattr(logger, name)} == on
    assert logger.records == bool(on)


def test_unknown_mode_is_named():
    with pytest.raises(SettingError) as caught:
        LoggerSettings(mode="dry")
    assert caught.value.field == "mode"
