"""Settings that all trainers share are refused by name, fit the shipped options, and import nothing heavy."""

import sys
from subprocess import run

import pytest
from omegaconf import OmegaConf

from labelct.config import configuration_folder
from labelct.errors import SettingError
from labelct.trainer.settings import DeviceSettings, NormalisationSettings


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: NormalisationSettings(source="synthetic"), "normalisation.source"),
        (lambda: NormalisationSettings(source="clinical", low=10, high=0), "normalisation.low"),
        (lambda: DeviceSettings(kind="tpu"), "kind"),
        (lambda: DeviceSettings(workers=-1), "workers"),
    ],
)
def test_values_out_of_range_name_their_field(make, named: str) -> None:
    with pytest.raises(SettingError) as caught:
        make()
    assert caught.value.field == named


@pytest.mark.parametrize("name", ["auto", "cpu", "gpu", "ddp"])
def test_shipped_devices_fit_their_schema(name: str) -> None:
    values = OmegaConf.load(configuration_folder() / f"device/{name}.yaml")
    del values["defaults"]
    merged = OmegaConf.merge(OmegaConf.structured(DeviceSettings), values)
    assert isinstance(OmegaConf.to_object(merged), DeviceSettings)


@pytest.mark.parametrize(("given", "kept"), [(True, "true"), ("False", "false"), ("auto", "auto")])
def test_truth_values_are_words_of_compile(given, kept: str) -> None:
    assert DeviceSettings(compile=given).compile == kept


def test_settings_import_nothing_heavy() -> None:
    script = "import sys, labelct.trainer.table; print(*{'torch', 'numpy', 'lightning', 'monai'} & set(sys.modules))"
    assert run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip() == ""
