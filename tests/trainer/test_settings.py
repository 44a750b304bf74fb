import dataclasses
import sys
from subprocess import run

import pytest
from omegaconf import OmegaConf

from labelct.config import configuration_folder
from labelct.errors import SettingError
from labelct.trainer.settings import (
    AugmentationSettings,
    DeviceSettings,
    LoggerSettings,
    NormalisationSettings,
    PredictionSettings,
    UNetSettings,
    unet_settings,
)


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
        (lambda: NormalisationSettings(source="synthetic"), "normalisation.source"),
        (lambda: NormalisationSettings(source="clinical", low=10, high=0), "normalisation.low"),
        (lambda: AugmentationSettings(flip="xw"), "augmentation.flip"),
        (lambda: PredictionSettings(overlap=1.0), "prediction.overlap"),
        (lambda: DeviceSettings(kind="tpu"), "kind"),
        (lambda: LoggerSettings(mode="dry"), "mode"),
    ],
)
def test_values_out_of_range_name_their_field(make, named: str) -> None:
    with pytest.raises(SettingError) as caught:
        make()
    assert caught.value.field == named


def test_settings_survive_plain_containers() -> None:
    settings = UNetSettings(spacing=[1.0, 2.0, 3.0], augmentation=AugmentationSettings(flip="yz"))
    assert unet_settings(dataclasses.asdict(settings)) == settings


@pytest.mark.parametrize(
    ("file", "schema"),
    [("trainer/unet", UNetSettings), ("trainer/unet_full", UNetSettings)]
    + [(f"device/{name}", DeviceSettings) for name in ("cpu", "gpu", "ddp")]
    + [(f"logger/{name}", LoggerSettings) for name in ("none", "csv", "wandb")],
)
def test_shipped_options_fit_their_schema(file: str, schema: type) -> None:
    values = OmegaConf.load(configuration_folder() / f"{file}.yaml")
    del values["defaults"]
    assert isinstance(OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(schema), values)), schema)


def test_settings_import_nothing_heavy() -> None:
    script = "import sys, labelct.trainer.settings; print(*{'torch', 'numpy', 'lightning', 'monai'} & set(sys.modules))"
    assert run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip() == ""
