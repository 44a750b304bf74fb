"""Presets by name and settings by key are those of the command line; what does not fit is told in one line."""

from pathlib import Path

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from labelct.api.settings import Chosen, _config
from labelct.config import configuration_folder
from labelct.errors import LabelctError, SettingError

SECTIONS = ("data", "fill", "texture", "drop", "scanner", "dose", "targets")


def chosen(settings=None, **presets):
    return Chosen.of({"recipe": "synth2", **presets}, settings or {}, SECTIONS)


@pytest.mark.parametrize(
    ("settings", "overrides"),
    [
        ({}, []),
        ({"fill": "mixture"}, ["fill=mixture"]),
        ({"data.phase": "native"}, ["data.phase=native"]),
        (
            {"data": {"phase": "native", "deformation": {"rotation_deg": 5}}},
            ["data.phase=native", "data.deformation.rotation_deg=5"],
        ),
        ({"data.spacing": np.float32(2)}, ["data.spacing=2.0"]),
        ({"drop": "half", "drop.labels": {"liver": 0.25}}, ["drop=half", "++drop.labels={liver: 0.25}"]),
        ({"targets": ["liver", {"kidneys": ("a", "b")}]}, ["targets=[liver,{kidneys: [a,b]}]"]),
        ({"data.priors": Path("hu.csv")}, ["data.priors=hu.csv"]),
    ],
)
def test_settings_are_those_of_the_command_line(settings, overrides, configured):
    wanted = configured("data=synth2", "dose=half", "parallel.workers=0", *overrides)
    assert chosen(settings, dose="half").config == wanted


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"fill": "mixtur"}, "fill='mixtur': allowed is one of .*; did you mean 'mixture'"),
        ({"fill": 3}, "fill=3: allowed is one of fitted"),
        ({"fil": "mixture"}, "fil='mixture': allowed is a setting of data, .*; did you mean 'fill'"),
        ({"trainer.steps": 3}, r"trainer\.steps=3: allowed is a setting of data"),
        ({"data": "synth3"}, "data='synth3': allowed is a table of keys; choose a preset with recipe='synth3'"),
        ({"data.phase": "venous"}, "data.phase='venous': allowed is one of portal, native"),
        ({"data.phse": "native"}, r"data\.phse: no such key; allowed is .*did you mean 'data\.phase'"),
        ({"data.phase.x": 1}, r"data\.phase"),
        ({"data.spacing": float("nan")}, r"data\.spacing=nan: allowed is 0\.1 to 20"),
        ({"data.spacing": object()}, r"data\.spacing='object object': allowed is numbers"),
        ({"data.spacing": "${oops}"}, r"data\.spacing: .*'oops' not found"),
        ({"": 1}, "allowed is a setting of"),
        (
            {"scanner": "none", "dose.mas": 40},
            r"^dose\.mas=40: is not read: there is no noise without a scanner \(scanner=none\); leave it",
        ),
        (
            {"data": {"lesions": {"count": [1, 2]}}},
            r"^data\.lesions\.count=\[1, 2\]: is not read with data\.lesions\.host",
        ),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(settings, told):
    with pytest.raises(LabelctError, match=told) as error:
        _ = chosen(settings).config
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["sensaton64", None, 3, ["image"], "../scanner/image", ""])
def test_a_preset_is_one_of_those_that_ship(name):
    with pytest.raises(SettingError, match=r"^scanner=.*image, .*sensation64"):
        chosen(scanner=name)


@pytest.mark.parametrize(
    ("settings", "presets", "told"),
    [
        ({"texture": "white"}, {}, ["texture is not read: data=synth2 paints constants"]),
        (
            {},
            {"scanner": "none", "dose": "half"},
            ["dose is not read: there is no noise without a scanner (scanner=none)"],
        ),
        ({}, {"scanner": "none", "dose": "low"}, []),  # the default of the argument
        ({"fill": "fixed", "drop": "half"}, {"scanner": "image", "dose": "half"}, []),
    ],
)
def test_a_preset_that_changes_nothing_is_warned_of_as_on_the_command_line(caplog, settings, presets, told):
    _config.cache_clear()
    _ = chosen(settings, **presets).config
    assert caplog.messages == told


def test_equal_choices_are_composed_once():
    assert chosen({"data.phase": "native"}).config is chosen({"data.phase": "native"}).config
    assert chosen({"data.phase": "native"}).config is not chosen().config


def test_a_job_of_hydra_that_is_going_on_is_left_as_it_is():
    with initialize_config_dir(version_base="1.3", config_dir=str(configuration_folder().absolute())):
        assert chosen({"data.phase": "mixed"}, dose="quarter").config.data.phase == "mixed"
        assert GlobalHydra.instance().is_initialized()
        assert compose("config", overrides=["seed=3"]).seed == 3
