"""Settings of the U-Net are refused by name, survive plain containers and fit the shipped options."""

import dataclasses

import pytest
from omegaconf import OmegaConf

from labelct.config import configuration_folder
from labelct.errors import SettingError
from labelct.trainer.unet.settings import AugmentationSettings, PredictionSettings, UNetSettings


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: UNetSettings(network="unetr"), "network"),
        (lambda: UNetSettings(patch=[64, 64]), "patch"),
        (lambda: UNetSettings(channels=[8, 16, 32, 64], patch=[60, 64, 64]), "patch"),
        (lambda: UNetSettings(channels=[8, 16]), "channels"),
        (lambda: UNetSettings(network="residual", deep_supervision=1), "deep_supervision"),
        (lambda: UNetSettings(spacing=[0.0, 1.0, 1.0]), "spacing"),
        (lambda: UNetSettings(foreground=1.2), "foreground"),
        (lambda: UNetSettings(steps=0), "steps"),
        (lambda: AugmentationSettings(flip="xw"), "augmentation.flip"),
        (lambda: PredictionSettings(overlap=1.0), "prediction.overlap"),
    ],
)
def test_values_out_of_range_name_their_field(make, named: str) -> None:
    with pytest.raises(SettingError) as caught:
        make()
    assert caught.value.field == named


def test_settings_survive_plain_containers() -> None:
    settings = UNetSettings(spacing=[1.0, 2.0, 3.0], augmentation=AugmentationSettings(flip="yz"))
    assert UNetSettings(**dataclasses.asdict(settings)) == settings


@pytest.mark.parametrize("name", ["unet", "unet_full"])
def test_shipped_options_fit_their_schema(name: str) -> None:
    values = OmegaConf.load(configuration_folder() / f"trainer/{name}.yaml")
    del values["defaults"]
    assert isinstance(OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(UNetSettings), values)), UNetSettings)
